# What base R says of attributes of series, and of effects that go with them.
#   Rscript moderators.R samples.csv expected.csv
# samples.csv has a row per observation: case, value (a monthly series), effect, attribute, group.

files <- commandArgs(trailingOnly = TRUE)
samples <- read.csv(files[1])

row_of <- function(case) {
  x <- samples[samples$case == case, ]
  # As statsmodels does it: the same windows, every point fitted, five inner loops.
  parts <- stl(
    ts(x$value, frequency = 12), s.window = 7, t.window = 23, l.window = 13, inner = 5,
    s.jump = 1, t.jump = 1, l.jump = 1, s.degree = 1, t.degree = 1, l.degree = 1
  )$time.series
  strength <- function(part) {
    max(0, 1 - var(parts[, "remainder"]) / var(parts[, part] + parts[, "remainder"]))
  }
  spearman <- suppressWarnings(cor.test(x$attribute, x$effect, method = "spearman", exact = FALSE))
  kruskal <- kruskal.test(x$effect, factor(x$group))
  holm <- p.adjust(c(spearman$p.value, kruskal$p.value), "holm")
  data.frame(
    case = case, autocorrelation = acf(x$value, plot = FALSE)$acf[2],
    trend = strength("trend"), season = strength("seasonal"),
    rho = unname(spearman$estimate), rho_p = spearman$p.value,
    h = unname(kruskal$statistic), h_p = kruskal$p.value, rho_holm = holm[1], h_holm = holm[2]
  )
}

expected <- do.call(rbind, lapply(unique(samples$case), row_of))
write.csv(format(expected, digits = 17), files[2], row.names = FALSE, quote = FALSE)
