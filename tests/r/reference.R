# What R says of pairs of samples, to hold our numbers against.
#   Rscript reference.R repeats.csv pairs.csv expected.csv
# repeats.csv has the columns scenario and rmse; pairs.csv has a, b and level.

arguments <- commandArgs(trailingOnly = TRUE)
repeats <- read.csv(arguments[1])
pairs <- read.csv(arguments[2])

rows <- lapply(seq_len(nrow(pairs)), function(i) {
  a <- repeats$rmse[repeats$scenario == pairs$a[i]]
  b <- repeats$rmse[repeats$scenario == pairs$b[i]]
  welch <- t.test(a, b, conf.level = pairs$level[i])
  rank <- suppressWarnings(wilcox.test(a, b, exact = FALSE))
  data.frame(
    a = pairs$a[i], b = pairs$b[i], level = pairs$level[i],
    t = unname(welch$statistic), df = unname(welch$parameter), p = welch$p.value,
    low = welch$conf.int[1], high = welch$conf.int[2],
    u = unname(rank$statistic), rank_p = rank$p.value,
    sd_a = sd(a), q25_a = unname(quantile(a, 0.25)), median_a = median(a)
  )
})
options(digits = 17)
write.csv(do.call(rbind, rows), arguments[3], row.names = FALSE)
