# What R says of pairs of samples: paired t and Wilcoxon's signed-rank test (package stats).
#   Rscript paired.R samples.csv expected.csv
# samples.csv has a row per pair: case, a, b.

options(digits = 17)
files <- commandArgs(trailingOnly = TRUE)
samples <- read.csv(files[1])

row_of <- function(case) {
  pairs <- samples[samples$case == case, ]
  t <- t.test(pairs$a, pairs$b, paired = TRUE, conf.level = 0.99)
  v <- suppressWarnings(wilcox.test(pairs$a, pairs$b, paired = TRUE, exact = FALSE))
  data.frame(
    case = case, t = unname(t$statistic), df = unname(t$parameter), p = t$p.value,
    low = t$conf.int[1], high = t$conf.int[2], v = unname(v$statistic), rank_p = v$p.value
  )
}

expected <- do.call(rbind, lapply(unique(samples$case), row_of))
write.csv(format(expected, digits = 17), files[2], row.names = FALSE, quote = FALSE)
