# Intervals of a standard deviation, by R: chi-square's, Bonett's (2006, Computational Statistics &
# Data Analysis 50, 775-782), and the hull of both.
#   Rscript precision.R precision_samples.csv precision_expected.csv
# precision_samples.csv has a row per value: sample, value. alpha is two-sided.

files <- commandArgs(trailingOnly = TRUE)
samples <- read.csv(files[1])

row_of <- function(sample, alpha) {
  x <- samples$value[samples$sample == sample]
  n <- length(x)
  chi_square <- sqrt((n - 1) * var(x) / qchisq(c(1 - alpha / 2, alpha / 2), n - 1))
  z <- qnorm(1 - alpha / 2)
  # mean() drops floor(trim n) values at either end; trim = 0.5 gives the median.
  middle <- mean(x, trim = 1 / (2 * sqrt(n - 4)))
  g4 <- n * sum((x - middle)^4) / sum((x - mean(x))^2)^2
  c <- n / (n - z)
  se <- c * sqrt((g4 - (n - 3) / n) / (n - 1))
  bonett <- if (n > z) sqrt(exp(log(c * var(x)) + c(-1, 1) * z * se)) else c(0, Inf)
  data.frame(
    sample = sample, n = n, alpha = alpha, sd = sd(x),
    chi_square_low = chi_square[1], chi_square_high = chi_square[2],
    bonett_low = bonett[1], bonett_high = bonett[2],
    low = min(chi_square[1], bonett[1]), high = max(chi_square[2], bonett[2])
  )
}

cases <- expand.grid(alpha = c(0.05, 0.05 / 15, 0.05 / 200), sample = unique(samples$sample))
expected <- do.call(rbind, Map(row_of, as.character(cases$sample), cases$alpha))
write.csv(expected, files[2], row.names = FALSE, quote = FALSE)
