# Fits of R's self-starting four-parameter logistic model (SSfpl) to all data sets of a folder: nls.csv there, with
# the energy, or the error.
folder <- commandArgs(trailingOnly = TRUE)[1]
files <- sort(list.files(folder, "^[a-z0-9-]+\\.csv$", full.names = TRUE))
rows <- lapply(files, function(file) {
  data <- read.csv(file)
  fit <- tryCatch(nls(y ~ SSfpl(x, low, high, middle, scale), data), error = identity)
  energy <- if (inherits(fit, "error")) NA else deviance(fit) / 2
  said <- if (inherits(fit, "error")) conditionMessage(fit) else ""
  data.frame(set = sub("\\.csv$", "", basename(file)), energy = sprintf("%.17g", energy),
             said = gsub("[\n\",]", " ", said))
})
dir.create(file.path(folder, "fits"), showWarnings = FALSE)
write.csv(do.call(rbind, rows), file.path(folder, "fits", "nls.csv"), row.names = FALSE, quote = FALSE)
