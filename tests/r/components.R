# What R's analysis of variance says of balanced nested data.
#   Rscript components.R samples.csv expected.csv
# samples.csv has a row per training: case, series, origin, value.

files <- commandArgs(trailingOnly = TRUE)
samples <- read.csv(files[1])

row_of <- function(case) {
  x <- samples[samples$case == case, ]
  x$series <- factor(x$series)
  x$origin <- factor(x$origin)
  n_origins <- nlevels(x$origin)
  n_repeats <- nrow(x) / (nlevels(x$series) * n_origins)
  if (n_origins == 1) {
    squares <- anova(lm(value ~ series, data = x))[["Mean Sq"]]
    between <- c((squares[1] - squares[2]) / n_repeats, NA)
  } else {
    squares <- anova(lm(value ~ series / origin, data = x))[["Mean Sq"]]
    between <- c((squares[1] - squares[2]) / (n_origins * n_repeats),
                 (squares[2] - squares[3]) / n_repeats)
  }
  data.frame(case = case, series = between[1], origins = between[2], repeats = tail(squares, 1))
}

expected <- do.call(rbind, lapply(unique(samples$case), row_of))
write.csv(format(expected, digits = 17), files[2], row.names = FALSE, quote = FALSE)
