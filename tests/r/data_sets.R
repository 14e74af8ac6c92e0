# What base R says of methods over data sets.
#   Rscript data_sets.R samples.csv expected.csv
# samples.csv has a row per data set: case, a, b, c.

files <- commandArgs(trailingOnly = TRUE)
samples <- read.csv(files[1])

row_of <- function(case) {
  x <- as.matrix(samples[samples$case == case, c("a", "b", "c")])
  friedman <- friedman.test(x)
  ranks <- colMeans(t(apply(-x, 1, rank)))
  p <- function(i, j) {
    # As Thousandfold does; R itself would take the exact distribution of larger samples.
    exact <- nrow(x) <= 20 && !any(x[, i] == x[, j]) && !anyDuplicated(abs(x[, i] - x[, j]))
    suppressWarnings(wilcox.test(x[, i], x[, j], paired = TRUE, exact = exact)$p.value)
  }
  holm <- p.adjust(c(p(1, 2), p(1, 3), p(2, 3)), "holm")
  difference <- qtukey(0.95, 3, Inf) / sqrt(2) * sqrt(3 * 4 / (6 * nrow(x)))
  data.frame(
    case = case, rank_a = ranks[1], rank_b = ranks[2], rank_c = ranks[3],
    chi_squared = unname(friedman$statistic), p = friedman$p.value,
    holm_ab = holm[1], holm_ac = holm[2], holm_bc = holm[3], critical = difference
  )
}

expected <- do.call(rbind, lapply(unique(samples$case), row_of))
write.csv(format(expected, digits = 17), files[2], row.names = FALSE, quote = FALSE)
