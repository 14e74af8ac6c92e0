# What R itself makes of two monthly series: the seasons that are taken out of them, and the
# parameter of the Box-Cox transform.
#   Rscript preparation.R preparation_samples.csv preparation_expected.csv
# preparation_samples.csv has a row per observation: series, value.

files <- commandArgs(trailingOnly = TRUE)
samples <- read.csv(files[1])

# The logarithm of the likelihood, but for a constant (Box and Cox 1964, equation 8).
log_likelihood <- function(lambda, x) {
  y <- (x^lambda - 1) / lambda
  -length(x) / 2 * log(mean((y - mean(y))^2)) + (lambda - 1) * sum(log(x))
}

rows_of <- function(name) {
  x <- samples$value[samples$series == name]
  monthly <- ts(x, frequency = 12)
  smoothed <- stl(
    monthly, s.window = 7, s.degree = 1, inner = 5, s.jump = 1, t.jump = 1, l.jump = 1
  )
  found <- list(
    additive = decompose(monthly, "additive")$figure,
    multiplicative = decompose(monthly, "multiplicative")$figure,
    stl = as.numeric(smoothed$time.series[, "seasonal"]),
    box_cox = optimize(log_likelihood, c(-1, 2), x = x, maximum = TRUE, tol = 1e-10)$maximum
  )
  do.call(rbind, lapply(names(found), function(way) {
    values <- found[[way]]
    data.frame(
      series = name, way = way, place = seq_along(values) - 1, value = sprintf("%.10g", values)
    )
  }))
}

expected <- do.call(rbind, lapply(unique(samples$series), rows_of))
write.csv(expected, files[2], row.names = FALSE, quote = FALSE)
