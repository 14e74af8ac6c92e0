# How often the intervals and the words of claims err, by simulation in R alone.
#   Rscript verdict_rates.R verdict_rates.csv [draws]
# Takes about 15 minutes: 200,000 draws for each distribution and n, or 100,000 for n = 1000.
# Each row: a rule, a distribution (of mean 0), n per sample, the two-sided level of one interval,
# a quantity, and the share of the draws that show it:
#   miss             there is an interval and it excludes the true value
#   miss_low         precision: the true value is below the interval
#   no_interval      nothing is decided
#   zero_width       spread_paired: the interval is a single point
#   word: X          the claim "a is less than b" (or the conjunction of such claims) is judged X
#   false supported  it is judged supported although the true difference is exactly the margin
#
#   mean_same      Welch's interval; a and b from the same distribution
#   mean_narrow    Welch's interval; b normal with a tenth of the standard deviation
#   mean_constant  Welch's interval; b constant
#   mean_paired    the paired t interval; a and b share half of their variance
#   spread         the log ratio of mean absolute deviations from the median, Bonett & Seier (2003a)
#   spread_paired  the same of pairs: var a + var b - 2 cov; also by the correlation of the absolute
#                  deviations, Bonett & Seier (2003b), and by the plain variance of the differences
#   precision      one standard deviation: hull of the chi-square interval and of Bonett's (2006)
#   diverged       values of a above the 90 % quantile are missing; words by Welch's interval
#   conjunction    "a is less than b and than c and than d", which lie 3, 1 and 0 margins above

levels <- c(0.05, 0.05 / 15)
sizes <- c(2, 3, 5, 10, 30, 1000)
smallest <- 5 # n from which spread_paired and precision decide
tolerance <- 1e-12

# raw: values before finish, which rounds; high: the 90 % quantile; scale: of margins, and of b in
# mean_narrow tenfold.
continuous <- function(raw, high, sd = 1) {
  list(raw = raw, finish = identity, high = high, sd = sd, scale = 1)
}
rounded <- function(per_unit) {
  k <- -(2 * per_unit):(2 * per_unit)
  p <- pnorm((k + 0.5) / per_unit, sd = 0.1) - pnorm((k - 0.5) / per_unit, sd = 0.1)
  list(
    raw = function(n) rnorm(n, sd = 0.1), finish = function(x) round(x * per_unit) / per_unit,
    high = k[which(cumsum(p) >= 0.9)[1]] / per_unit, sd = sqrt(sum(p * (k / per_unit)^2)),
    scale = 0.1
  )
}
lognormal_sd <- sqrt((exp(1) - 1) * exp(1))
distributions <- list(
  normal = continuous(rnorm, qnorm(0.9)),
  exponential = continuous(function(n) rexp(n) - 1, qexp(0.9) - 1),
  lognormal = continuous(
    function(n) (exp(rnorm(n)) - exp(0.5)) / lognormal_sd,
    (exp(qnorm(0.9)) - exp(0.5)) / lognormal_sd
  ),
  t3 = continuous(function(n) rt(n, 3) / sqrt(3), qt(0.9, 3) / sqrt(3)),
  rounded01 = rounded(10),
  rounded001 = rounded(100)
)

# Samples are the columns of a matrix.
each_row <- function(v, n) rep(v, each = n)
variance <- function(x, m = colMeans(x)) colSums((x - each_row(m, nrow(x)))^2) / (nrow(x) - 1)

# Whether a sample's range exceeds 1e-12 times the largest absolute value of the sample (or of the
# samples in `of`). Ranges are taken only where the variance says that they may be so small.
varies <- function(x, s2, of = list(x)) {
  large <- Reduce(`+`, lapply(of, function(y) colSums(y^2)))
  result <- rep(TRUE, ncol(x))
  for (i in which(s2 <= 1e-20 * large)) {
    largest <- max(vapply(of, function(y) max(abs(y[, i])), 0))
    result[i] <- diff(range(x[, i])) > tolerance * largest
  }
  result
}

describe <- function(x) {
  m <- colMeans(x)
  s2 <- variance(x, m)
  list(n = nrow(x), mean = m, s2 = s2, varies = varies(x, s2))
}

welch <- function(a, b) {
  part_a <- ifelse(a$varies, a$s2, 0) / a$n
  part_b <- ifelse(b$varies, b$s2, 0) / b$n
  v <- part_a + part_b
  df <- v^2 / (part_a^2 / (a$n - 1) + part_b^2 / (b$n - 1))
  list(estimate = a$mean - b$mean, se = sqrt(v), df = df, decides = a$varies | b$varies)
}

# Lower and upper end; NA where nothing is decided.
interval <- function(x, level) {
  half <- suppressWarnings(qt(1 - level / 2, x$df)) * x$se
  half[!x$decides] <- NA
  list(low = x$estimate - half, high = x$estimate + half)
}

words <- c(
  "no difference that matters", "contradicted", "supported", "direction supported", "undecided"
)
word <- function(low, high, m) {
  w <- ifelse(-m < low & high < m, 1L,
    ifelse(low > 0, 2L, ifelse(high < -m, 3L, ifelse(high < 0, 4L, 5L)))
  )
  w[is.na(w)] <- 5L
  w
}

sorted <- function(x) matrix(x[order(each_row(seq_len(ncol(x)), nrow(x)), x)], nrow = nrow(x))
medians <- function(s) (s[(nrow(s) + 1) %/% 2, ] + s[nrow(s) %/% 2 + 1, ]) / 2

# A sample's absolute deviations from its median, their plain mean, and the variance of its log.
deviations <- function(x, s, about) {
  n <- nrow(x)
  middle <- medians(s)
  y <- abs(x - each_row(middle, n))
  tau <- colMeans(y)
  part <- pmax(((about$mean - middle)^2 / tau^2 + about$s2 / tau^2 - 1) / n, 0)
  list(y = y, tau = tau, part = part, varies = about$varies)
}

# mean(x, trim) of every column, of sorted samples.
trimmed <- function(s, trim) {
  n <- nrow(s)
  if (trim >= 0.5) return(medians(s))
  cut <- floor(n * trim)
  colMeans(s[(cut + 1):(n - cut), , drop = FALSE])
}

precision <- function(x, s, about, level) {
  n <- nrow(x)
  z <- qnorm(1 - level / 2)
  chi <- (n - 1) * about$s2
  low <- sqrt(chi / qchisq(1 - level / 2, n - 1))
  high <- sqrt(chi / qchisq(level / 2, n - 1))
  if (n <= z) return(list(low = 0 * low, high = high + Inf))
  fourth <- ((x - each_row(trimmed(s, 1 / (2 * sqrt(n - 4))), n))^2)^2
  g4 <- n * colSums(fourth) / chi^2
  c <- n / (n - z)
  se <- c * sqrt((g4 - (n - 3) / n) / (n - 1))
  list(
    low = pmin(low, sqrt(exp(log(c * about$s2) - z * se))),
    high = pmax(high, sqrt(exp(log(c * about$s2) + z * se)))
  )
}

# Sign of the mean rank of a minus that of b.
rank_sign <- function(a, b) {
  ranks <- rank(c(a, b))
  from_a <- seq_along(a)
  d <- mean(ranks[from_a]) - mean(ranks[-from_a])
  if (abs(d) < 1e-9) 0 else sign(d)
}

# Words at every level for a's columns, of which values above `high` are missing.
diverged <- function(a, b, high, m) {
  n <- nrow(a)
  kept <- a <= high + 1e-9
  left <- colSums(kept)
  decides <- left >= 2 & n - left <= 0.01 * n
  for (i in which(decides & left < n)) {
    worst <- ifelse(kept[, i], a[, i], Inf)
    decides[i] <- rank_sign(worst, b[, i]) == rank_sign(a[kept[, i], i], b[, i])
  }
  result <- matrix(5L, ncol(a), length(levels))
  if (!any(decides)) return(result)
  k <- kept[, decides, drop = FALSE]
  left <- left[decides]
  remaining <- a[, decides, drop = FALSE] * k
  centre <- colSums(remaining) / left
  s2 <- colSums((k * (remaining - each_row(centre, n)))^2) / (left - 1)
  remaining[!k] <- each_row(centre, n)[!k] # adds nothing to the range
  of_a <- list(n = left, mean = centre, s2 = s2, varies = varies(remaining, s2))
  w <- welch(of_a, describe(b[, decides, drop = FALSE]))
  for (i in seq_along(levels)) {
    ends <- interval(w, levels[i])
    result[decides, i] <- word(ends$low, ends$high, m)
  }
  result
}

counts <- NULL
add <- function(rule, level, quantity, shown) {
  key <- paste(rule, level, quantity, sep = "|")
  counts[key] <<- sum(shown) + if (is.na(counts[key])) 0 else counts[key]
}
add_words <- function(rule, i, w, of = words) {
  for (j in seq_along(of)) add(rule, i, paste("word:", of[j]), w == j)
}
excludes <- function(ends, truth = 0) !is.na(ends$low) & (ends$low > truth | ends$high < truth)

simulate <- function(d, n, chunk) {
  draw <- function() matrix(d$raw(n * chunk), nrow = n)
  m <- d$scale
  raw <- list(draw(), draw(), draw(), draw())
  x <- lapply(raw, d$finish)
  of <- lapply(x, describe)
  narrow <- describe(matrix(rnorm(n * chunk, sd = d$scale / 10), nrow = n))
  constant <- list(n = n, mean = 0, s2 = 0, varies = FALSE)

  # The pairs are made of the samples that play b, c and d elsewhere.
  pair_a <- d$finish((raw[[2]] + raw[[3]]) / sqrt(2))
  pair_b <- d$finish((raw[[2]] + raw[[4]]) / sqrt(2))
  raw <- NULL
  between <- pair_a - pair_b
  centre <- colMeans(between)
  s2 <- variance(between, centre)
  paired <- list(
    estimate = centre, se = sqrt(s2 / n), df = n - 1,
    decides = varies(between, s2, list(pair_a, pair_b))
  )
  between <- NULL

  same <- welch(of[[1]], of[[2]])
  others <- list(
    same, welch(of[[1]], of[[3]]), welch(of[[1]], of[[4]])
  )
  above <- c(3, 1, 0)
  means <- list(
    mean_same = same, mean_narrow = welch(of[[1]], narrow),
    mean_constant = welch(of[[1]], constant), mean_paired = paired
  )

  sort_a <- sorted(x[[1]])
  by_a <- deviations(x[[1]], sort_a, of[[1]])
  by_b <- deviations(x[[2]], sorted(x[[2]]), of[[2]])
  spread <- list(
    estimate = log(by_a$tau / by_b$tau), se = sqrt(by_a$part + by_b$part), df = 2 * n - 2,
    decides = by_a$varies & by_b$varies
  )
  by_b <- NULL

  p <- deviations(pair_a, sorted(pair_a), describe(pair_a))
  q <- deviations(pair_b, sorted(pair_b), describe(pair_b))
  ya <- p$y - each_row(p$tau, n)
  yb <- q$y - each_row(q$tau, n)
  covariance <- colSums(ya * yb) / (n - 1)
  by_r <- covariance / sqrt(colSums(ya^2) * colSums(yb^2)) * (n - 1)
  # Absolute deviations that are all the same go with nothing.
  by_r[colSums(ya^2) <= 1e-20 * p$tau^2 | colSums(yb^2) <= 1e-20 * q$tau^2] <- 0
  differences <- colSums((ya / each_row(p$tau, n) - yb / each_row(q$tau, n))^2) / (n - 1) / n
  ratio <- log(p$tau / q$tau)
  ratio[abs(ratio) < tolerance] <- 0
  spreads <- lapply(
    list(
      pairs = p$part + q$part - 2 * covariance / (p$tau * q$tau) / n,
      bonett_seier = p$part + q$part - 2 * by_r * sqrt(p$part * q$part),
      differences = differences
    ),
    function(v) {
      v[v <= tolerance * (p$part + q$part)] <- 0 # what cancels but for rounding
      list(
        estimate = ratio, se = sqrt(v), df = n - 1,
        decides = p$varies & q$varies & n >= smallest
      )
    }
  )
  p <- q <- ya <- yb <- NULL

  missing <- diverged(x[[1]], x[[2]], d$high, m)

  for (i in seq_along(levels)) {
    for (rule in names(means)) {
      ends <- interval(means[[rule]], levels[i])
      add(rule, i, "miss", excludes(ends))
      add(rule, i, "no_interval", is.na(ends$low))
      if (rule == "mean_same") {
        add_words(rule, i, word(ends$low, ends$high, m))
        add(rule, i, "false supported", word(ends$low - m, ends$high - m, m) == 3L)
      }
    }

    ends <- interval(spread, levels[i])
    add("spread", i, "miss", excludes(ends))
    add("spread", i, "no_interval", is.na(ends$low))
    add("spread", i, "false supported", !is.na(ends$high) & ends$high < 0)

    ends <- lapply(spreads, interval, levels[i])
    add("spread_paired", i, "miss", excludes(ends$pairs))
    add("spread_paired", i, "miss_bonett_seier", excludes(ends$bonett_seier))
    add("spread_paired", i, "miss_differences", excludes(ends$differences))
    add("spread_paired", i, "no_interval", is.na(ends$pairs$low))
    add("spread_paired", i, "zero_width", spreads$pairs$decides & spreads$pairs$se == 0)
    add("spread_paired", i, "false supported", !is.na(ends$pairs$high) & ends$pairs$high < 0)

    decides <- of[[1]]$varies & n >= smallest
    ends <- if (n >= smallest) precision(x[[1]], sort_a, of[[1]], levels[i]) else
      list(low = rep(NA_real_, chunk), high = rep(NA_real_, chunk))
    add("precision", i, "miss", decides & excludes(ends, d$sd))
    add("precision", i, "miss_low", decides & d$sd < ends$low)
    add("precision", i, "no_interval", !decides)

    add_words("diverged", i, missing[, i])

    members <- vapply(1:3, function(k) {
      ends <- interval(others[[k]], levels[i])
      word(ends$low - above[k] * m, ends$high - above[k] * m, m)
    }, integer(chunk))
    has <- function(w) rowSums(members == w) > 0
    together <- ifelse(has(2L), 1L,
      ifelse(has(1L), 2L, ifelse(has(5L), 3L, ifelse(has(4L), 4L, 5L)))
    )
    add_words("conjunction", i, together, c(
      "contradicted", "does not hold", "undecided", "direction supported", "supported"
    ))
  }
}

arguments <- commandArgs(trailingOnly = TRUE)
asked <- if (length(arguments) > 1) as.numeric(arguments[2]) else NA
rows <- list()
begin <- proc.time()[["elapsed"]]
for (name in names(distributions)) for (n in sizes) {
  set.seed(20030813 + 100 * match(name, names(distributions)) + match(n, sizes))
  draws <- if (!is.na(asked)) asked else if (n < 1000) 2e5 else 1e5
  chunk <- min(draws, if (n < 30) 2e4 else if (n < 1000) 1e4 else 1e3)
  draws <- draws %/% chunk * chunk
  counts <- numeric(0)
  for (i in seq_len(draws / chunk)) simulate(distributions[[name]], n, chunk)
  keys <- do.call(rbind, strsplit(names(counts), "|", fixed = TRUE))
  rows[[length(rows) + 1]] <- data.frame(
    rule = keys[, 1], distribution = name, n = n, level = levels[as.integer(keys[, 2])],
    quantity = keys[, 3], draws = as.integer(draws), rate = unname(counts) / draws
  )
  cat(name, n, "after", round(proc.time()[["elapsed"]] - begin), "s\n")
}
result <- do.call(rbind, rows)
place <- order(match(result$rule, unique(result$rule))) # radix keeps the order within a rule
write.csv(result[place, ], arguments[1], row.names = FALSE)
