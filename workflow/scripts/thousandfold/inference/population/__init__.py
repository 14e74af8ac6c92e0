"""What repeats on many series say about a population of series.

Functions take arrays with an element per series: d, a contrast estimated on each series from that
series' repeats alone, and v, the variance of each d. Units are those of the contrast (the metric's,
or logarithms for ratios). Series are taken as independent draws from the population, except where
`clusters` is asked. This package knows neither studies nor tables.
"""
