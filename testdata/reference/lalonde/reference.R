# SPDX-License-Identifier: Apache-2.0
# Makes the reference files of this folder: Rscript reference.R (R 4.2, MatchIt 4.5.1).
suppressMessages(library(MatchIt))

# The routine that honours `caliper`; the fast one of 4.5.1 ignores it.
slow <- function(treat, ord, ratio, discarded, reuse.max, distance, distance_mat, ex, caliper.dist,
                 caliper.covs, caliper.covs.mat, mahcovs, antiexactcovs, unit.id, verbose)
  MatchIt:::nn_matchC(treat, ord, ratio, discarded, reuse.max, distance, distance_mat, ex,
                      caliper.dist, caliper.covs, caliper.covs.mat, mahcovs, antiexactcovs, unit.id,
                      verbose)
environment(slow) <- asNamespace("MatchIt")
assignInNamespace("nn_matchC_dispatch", slow, "MatchIt")

data("lalonde", package = "MatchIt")
lalonde$race <- as.character(lalonde$race)
write.csv(cbind(id = rownames(lalonde), lalonde), "lalonde.csv", row.names = FALSE, quote = FALSE)

f <- treat ~ age + educ + race + married + nodegree + re74 + re75
nearest <- function(...) suppressWarnings(matchit(f, lalonde, method = "nearest", distance = "glm",
                                                  link = "linear.logit", ...))
cuts <- list(age = c(20, 25, 30, 35, 40), educ = c(6.5, 9.5, 12.5), re74 = c(0.5, 5000, 10000, 20000),
             re75 = c(0.5, 2500, 5000, 10000))
cases <- list(
  largest = nearest(m.order = "largest"),
  smallest = nearest(m.order = "smallest"),
  data = nearest(m.order = "data"),
  caliper = nearest(m.order = "largest", caliper = 0.2),
  caliper_exact = nearest(m.order = "largest", caliper = 0.2, exact = ~ race + married),
  ratio = nearest(m.order = "largest", ratio = 2),
  replacement = nearest(replace = TRUE),
  caliper_ratio_replacement = nearest(caliper = 0.2, ratio = 2, replace = TRUE),
  mahalanobis = suppressWarnings(matchit(f, lalonde, method = "nearest", distance = "mahalanobis")),
  mahalanobis_exact = suppressWarnings(matchit(f, lalonde, method = "nearest", distance = "mahalanobis",
                                               exact = ~ race + married)),
  mahalanobis_caliper = nearest(m.order = "largest", caliper = 0.2,
                                mahvars = ~ age + educ + race + married + nodegree + re74 + re75),
  exact = suppressWarnings(matchit(treat ~ race + married + nodegree, lalonde, method = "exact")),
  cem = matchit(f, lalonde, method = "cem", cutpoints = cuts),
  cem_auto = matchit(f, lalonde, method = "cem"))

pairs <- weights <- balance <- NULL
for (name in names(cases)) {
  m <- cases[[name]]
  if (!is.null(m$match.matrix)) {
    mm <- m$match.matrix
    for (round in seq_len(ncol(mm))) {
      got <- !is.na(mm[, round])
      pairs <- rbind(pairs, data.frame(case = name, participant = rownames(mm)[got],
                                       control = mm[got, round]))
    }
  }
  used <- m$weights > 0
  stratum <- if (is.null(m$match.matrix)) as.character(m$subclass[used]) else ""
  weights <- rbind(weights, data.frame(case = name, id = rownames(lalonde)[used], stratum = stratum,
                                       weight = m$weights[used]))
  # the same covariates for every case, and all their squares and products
  s <- summary(m, addlvariables = ~ age + educ + race + married + nodegree + re74 + re75,
               data = lalonde, interactions = name %in% c("largest", "caliper_ratio_replacement"))
  b <- s$sum.all
  a <- s$sum.matched
  if (is.null(a)) a <- s$sum.across
  balance <- rbind(balance, data.frame(
    case = name, covariate = rownames(b), participants = b[, 1], controls_before = b[, 2],
    participants_after = a[, 1], controls_after = a[, 2],
    smd_before = b[, 3], smd_after = a[, 3], variance_ratio_before = b[, 4],
    variance_ratio_after = a[, 4], ecdf_max_before = b[, 6], ecdf_max_after = a[, 6]))
}
fit <- glm(f, binomial, lalonde, control = list(epsilon = 1e-14))
number <- function(x) if (is.numeric(x)) sprintf("%.15g", x) else x
save <- function(x, file) {
  x[] <- lapply(x, number)
  x[x == "NA" | x == "NaN"] <- ""
  write.csv(x, file, row.names = FALSE, quote = FALSE)
}
save(pairs, "pairs.csv")
save(weights, "weights.csv")
save(balance, "balance.csv")
save(data.frame(id = rownames(lalonde), logit = predict(fit), propensity = fitted(fit)), "propensity.csv")
save(data.frame(term = names(coef(fit)), coefficient = coef(fit)), "coefficients.csv")
for (name in names(cases)) {
  m <- cases[[name]]
  cat(name, sum(m$weights > 0 & lalonde$treat == 1), sum(m$weights > 0 & lalonde$treat == 0),
      if (!is.null(m$caliper)) sprintf("width %.4f", m$caliper[1]), "\n")
}
