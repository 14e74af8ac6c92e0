# What R says of effects over series: metafor and clubSandwich, and base R for the rest.
#   Rscript population.R samples.csv expected.csv
# samples.csv has a row per series: case, d, v, cluster.

suppressPackageStartupMessages({
  library(metafor)
  library(clubSandwich)
})
files <- commandArgs(trailingOnly = TRUE)
samples <- read.csv(files[1])

row_of <- function(case) {
  x <- samples[samples$case == case, ]
  n <- nrow(x)
  control <- list(tol = 1e-14, maxiter = 10000)
  fit <- suppressWarnings(
    rma(d, v, data = x, method = "PM", test = "knha", level = 99, control = control)
  )
  # With tau2.max, as the default would cut the interval of the widest.
  profile <- suppressWarnings(
    confint(fit, level = 99, control = list(tol = 1e-14, maxiter = 10000, tau2.max = 1e6))
  )
  t <- t.test(x$d, conf.level = 0.99)
  clustered <- conf_int(
    lm(d ~ 1, data = x), vcov = "CR2", cluster = x$cluster, level = 0.99, test = "Satterthwaite"
  )
  cut <- floor(0.2 * n)
  ordered <- sort(x$d)
  winsorised <- pmin(pmax(x$d, ordered[cut + 1]), ordered[n - cut])
  reach <- qt(0.995, n - 2 * cut - 1) * sd(winsorised) / ((1 - 2 * 0.2) * sqrt(n))
  binomial <- binom.test(sum(x$d > 0.5), n, conf.level = 0.99)
  # The definition: of all ranks, the highest whose lower tail is small enough.
  ranks <- Filter(function(j) 2 * pbinom(j - 1, n, 0.5) <= 0.01, seq_len(n))
  j <- if (length(ranks)) max(ranks) else NA_integer_
  data.frame(
    case = case, tau = sqrt(fit$tau2), tau_low = profile$random[2, 2],
    tau_high = profile$random[2, 3], mean = fit$beta[1], mean_low = fit$ci.lb[1],
    mean_high = fit$ci.ub[1], t_low = t$conf.int[1], t_high = t$conf.int[2],
    trimmed = mean(x$d, trim = 0.2), trimmed_low = mean(x$d, trim = 0.2) - reach,
    trimmed_high = mean(x$d, trim = 0.2) + reach, clustered_df = clustered$df,
    clustered_low = clustered$CI_L, clustered_high = clustered$CI_U,
    share_low = binomial$conf.int[1], share_high = binomial$conf.int[2],
    median_low = ordered[j], median_high = ordered[n + 1 - j],
    calibrated = mean(fit$beta[1] + sqrt(fit$tau2 / (fit$tau2 + x$v)) * (x$d - fit$beta[1]) > 0.5)
  )
}

expected <- do.call(rbind, lapply(unique(samples$case), row_of))
write.csv(format(expected, digits = 17), files[2], row.names = FALSE, quote = FALSE)
