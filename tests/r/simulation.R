# How often Welch's interval and the decisions made by it err, from a million draws each, by R alone.
#   Rscript simulation.R simulation.csv
# Takes about ten minutes. Each row: a pair of distributions with standard deviation 1 (a) and a
# fraction of it (b), n per sample, level .95, and three rates:
#   noncoverage        the interval misses the true difference
#   false_equivalence  it lies inside the margin 6 / sqrt(n) although the difference is the margin
#   power              it excludes 0 where the difference is 4 / sqrt(n)

draws <- 1e6
distributions <- list(
  normal = list(a = function(n) rnorm(n), b = function(n) rnorm(n)),
  skewed = list(a = function(n) rexp(n) - 1, b = function(n) rnorm(n, sd = 0.1)),
  heavy = list(a = function(n) rt(n, 3) / sqrt(3), b = function(n) rt(n, 3) / sqrt(12))
)

moments <- function(x) {
  m <- colMeans(x)
  list(mean = m, part = (colSums(x^2) - nrow(x) * m^2) / (nrow(x) - 1) / nrow(x))
}

set.seed(20170421)
rows <- list()
for (name in names(distributions)) for (n in c(10, 30, 100, 1000)) {
  # Divides the draws for every n.
  chunk <- c("10" = 2e5, "30" = 5e4, "100" = 2e4, "1000" = 2e3)[[as.character(n)]]
  counts <- c(0, 0, 0)
  for (i in seq_len(draws %/% chunk)) {
    a <- moments(matrix(distributions[[name]]$a(n * chunk), nrow = n))
    b <- moments(matrix(distributions[[name]]$b(n * chunk), nrow = n))
    variance <- a$part + b$part
    df <- variance^2 / (a$part^2 / (n - 1) + b$part^2 / (n - 1))
    half <- qt(0.975, df) * sqrt(variance)
    d <- a$mean - b$mean
    margin <- 6 / sqrt(n)
    shift <- 4 / sqrt(n)
    counts <- counts + c(
      sum(abs(d) >= half),
      sum(d + margin + half < margin & d + margin - half > -margin),
      sum(d + shift - half > 0 | d + shift + half < 0)
    )
  }
  rows[[length(rows) + 1]] <- data.frame(
    distribution = name, n = n, draws = draws, noncoverage = counts[1] / draws,
    false_equivalence = counts[2] / draws, power = counts[3] / draws
  )
  print(rows[[length(rows)]])
}
write.csv(do.call(rbind, rows), commandArgs(trailingOnly = TRUE)[1], row.names = FALSE)
