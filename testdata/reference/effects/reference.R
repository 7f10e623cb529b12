# SPDX-License-Identifier: Apache-2.0
# Rows and what R makes of them. Debian 12: R 4.2.2, survival 3.5-3, sandwich 3.0-2.
#   Rscript reference.R    writes rows.csv and expected.csv beside it
library(survival)
library(sandwich)
set.seed(20260401)
rows <- NULL
expected <- NULL

put <- function(case, ...) {
    numbers <- c(...)
    expected <<- rbind(expected, data.frame(case = case, quantity = names(numbers),
                                            value = unname(numbers)))
}
# what the program takes in: rounded, so that CSV and R have the same numbers
keep <- function(case, d) {
    d$weight <- round(d$weight, 6)
    d$value <- round(d$value, 3)
    d$exposure <- round(d$exposure, 4)
    for (name in c("time", "event")) if (is.null(d[[name]])) d[[name]] <- 0
    d <- d[, c("person", "set", "arm", "weight", "value", "exposure", "time", "event")]
    rows <<- rbind(rows, cbind(case = case, d))
    d
}
infer <- function(case, effect, error, df) {
    half <- qt(0.975, df) * error
    put(case, effect = effect, error = error, low = effect - half, high = effect + half,
        p = 2 * pt(-abs(effect / error), df))
}
regress <- function(case, d, cluster, df) {
    fit <- lm(value / exposure ~ arm, weights = weight * exposure, data = d)
    error <- sqrt(vcovCL(fit, cluster = cluster, type = "HC1")["arm", "arm"])
    b <- unname(coef(fit))
    put(case, controls = b[1], participants = b[1] + b[2])
    infer(case, b[2], error, df)
}

# 60 pairs whose members are alike
pair <- rnorm(60, 0, 8000)
d <- data.frame(person = 1:120, set = rep(1:60, 2), arm = rep(1:0, each = 60), weight = 1,
                value = c(pair, pair) + rexp(120, 1 / 20000), exposure = 1)
d <- keep("pairs", d)
regress("pairs", d, d$set, 59)
one <- t.test(d$value[d$arm == 1])
put("pairs", one_mean = unname(one$estimate), one_low = one$conf.int[1],
    one_high = one$conf.int[2], one_p = one$p.value)
welch <- t.test(d$value[d$arm == 1], d$value[d$arm == 0])
put("pairs", welch_low = welch$conf.int[1], welch_high = welch$conf.int[2],
    welch_p = welch$p.value, welch_df = unname(welch$parameter))

# one to two, weighted
d <- data.frame(person = 1:90, set = rep(1:30, 3), arm = rep(c(1, 0, 0), each = 30),
                weight = rep(c(1, 0.5, 0.5), each = 30), value = rnorm(90, 100, 30), exposure = 1)
d <- keep("ratio", d)
regress("ratio", d, d$set, 29)

# with replacement: 40 participants, controls out of 15
d <- data.frame(person = c(1:40, sample(101:115, 40, TRUE)), set = rep(1:40, 2),
                arm = rep(1:0, each = 40), weight = 1, value = 0, exposure = 1)
d$value <- rnorm(80, 50, 10)
reused <- d$arm == 0
d$value[reused] <- rnorm(200, 45, 10)[d$person[reused]]
d <- keep("replacement", d)
g <- min(40, length(unique(d$person)))
regress("replacement", d, d[, c("set", "person")], g - 1)

# weights without sets
d <- data.frame(person = 1:150, set = 0, arm = rep(1:0, c(50, 100)),
                weight = c(rep(1, 50), runif(100, 0.05, 2)), value = rexp(150, 1 / 300),
                exposure = 1)
d <- keep("weights", d)
regress("weights", d, d$person, 149)

# strata with several participants: persons are the clusters
d <- data.frame(person = 1:100, set = rep(1:5, 20), arm = rbinom(100, 1, 0.4),
                weight = runif(100, 0.5, 1.5), value = rnorm(100), exposure = 1)
d <- keep("strata", d)
regress("strata", d, d$person, 99)

# counts per year
d <- data.frame(person = 1:160, set = rep(1:80, 2), arm = rep(1:0, each = 80), weight = 1,
                value = 0, exposure = runif(160, 0.25, 2))
d$value <- rpois(160, d$exposure * rgamma(160, 2, 2) * ifelse(d$arm == 1, 1, 1.4))
d <- keep("rate", d)
regress("rate", d, d$set, 79)

# survival in months
survive <- function(case, d, months) {
    fit <- survfit(Surv(time, event) ~ arm, data = d, weights = weight, conf.type = "log-log",
                   robust = FALSE)
    s <- summary(fit, times = 1:months, extend = TRUE)
    arm <- ifelse(s$strata == "arm=1", "participants", "controls")
    for (i in seq_along(s$time)) {
        name <- paste0(arm[i], c("_risk_", "_low_", "_high_"), s$time[i])
        v <- c(1 - s$surv[i], 1 - s$upper[i], 1 - s$lower[i])
        v[is.na(v)] <- v[1]
        put(case, setNames(v, name))
    }
    s
}
d <- data.frame(person = 1:240, set = 0, arm = rep(1:0, each = 120), weight = 1, value = 0,
                exposure = 1)
when <- ceiling(rexp(240, ifelse(d$arm == 1, 0.02, 0.035)))
until <- sample(3:24, 240, TRUE)
d$time <- pmin(when, until)
d$event <- as.integer(when <= until)
d <- keep("survival", d)
s <- survive("survival", d, 12)
at <- s$time == 12
put("survival", effect = diff(1 - s$surv[at]), error = sqrt(sum(s$std.err[at]^2)))
d12 <- transform(d, event = as.integer(event & time <= 12), time = pmin(time, 12))
rank <- survdiff(Surv(time, event) ~ arm, data = d12)
put("survival", chisq = rank$chisq, p = pchisq(rank$chisq, 1, lower.tail = FALSE))

# the same people in sets with weights: variance by the sums of influences in sets
d$set <- rep(1:120, 2)
d$weight <- ifelse(d$arm == 1, 1, runif(240, 0.3, 1.7))
d <- keep("survival_sets", d)
influence <- function(a) {
    x <- d[d$arm == a, ]
    x$row <- seq_len(nrow(x))
    fit <- survfit(Surv(time, event) ~ 1, data = x, weights = weight, id = row, influence = TRUE,
                   robust = TRUE)
    k <- max(which(fit$time <= 12))
    list(risk = 1 - fit$surv[k], u = -fit$influence.surv[, k])
}
p <- influence(1)
q <- influence(0)
error <- sqrt(sum((p$u - q$u)^2))
effect <- p$risk - q$risk
put("survival_sets", participants = p$risk, controls = q$risk, effect = effect, error = error,
    low = effect - qnorm(0.975) * error, high = effect + qnorm(0.975) * error,
    p = 2 * pnorm(-abs(effect / error)))

write.csv(rows, "rows.csv", row.names = FALSE, quote = FALSE)
expected$value <- sprintf("%.17g", expected$value)
write.csv(expected, "expected.csv", row.names = FALSE, quote = FALSE)
