# Log ratios of mean absolute deviations from the median, by R.
#   Rscript spread.R precision_samples.csv spread_expected.csv
# Of each two samples, the first values of the longer one, as many as the other has. alpha is
# two-sided. Forms:
#   independent   Bonett & Seier (2003, The American Statistician): var a + var b
#   paired        var a + var b - 2 cov, of the absolute deviations over their means
#   differences   the variance of the differences of the absolute deviations over their means
#   bonett_seier  Bonett & Seier (2003, Journal of Educational and Behavioral Statistics 28):
#                 var a + var b - 2 r sqrt(var a var b), r the correlation of the deviations

files <- commandArgs(trailingOnly = TRUE)
samples <- read.csv(files[1])
pairs <- list(
  c("normal5", "skewed6"), c("normal12", "outlier9"), c("normal40", "outlier30"),
  c("normal12", "tied10"), c("tied24", "skewed25"), c("skewed25", "outlier30"),
  c("tied10", "outlier9"), c("skewed6", "tied24")
)

rows_of <- function(names, alpha) {
  values <- lapply(names, function(name) samples$value[samples$sample == name])
  n <- min(lengths(values))
  values <- lapply(values, head, n)
  deviation <- lapply(values, function(x) abs(x - median(x)))
  tau <- vapply(deviation, mean, 0)
  part <- vapply(seq_along(values), function(i) {
    delta <- (mean(values[[i]]) - median(values[[i]])) / tau[i]
    max((delta^2 + var(values[[i]]) / tau[i]^2 - 1) / n, 0)
  }, 0)
  over <- Map(`/`, deviation, tau)
  r <- cor(deviation[[1]], deviation[[2]])
  se <- sqrt(c(
    independent = sum(part),
    paired = sum(part) - 2 * cov(over[[1]], over[[2]]) / n,
    differences = var(over[[1]] - over[[2]]) / n,
    bonett_seier = sum(part) - 2 * r * sqrt(prod(part))
  ))
  df <- c(2 * n - 2, n - 1, n - 1, n - 1)
  log_ratio <- log(n / (n - 1) * tau[1]) - log(n / (n - 1) * tau[2])
  half <- qt(1 - alpha / 2, df) * se
  data.frame(
    a = names[1], b = names[2], n = n, form = names(se), alpha = alpha, log_ratio = log_ratio,
    se = se, df = df, low = log_ratio - half, high = log_ratio + half
  )
}

cases <- expand.grid(alpha = c(0.05, 0.05 / 15), pair = seq_along(pairs))
expected <- do.call(rbind, Map(rows_of, pairs[cases$pair], cases$alpha))
write.csv(expected, files[2], row.names = FALSE, quote = FALSE)
