-- wrk and wrk2: the quantiles in microseconds, one line each, where a program can read them.
function done(summary, latency, requests)
  for _, p in ipairs({ 50, 90, 99, 99.9 }) do
    io.write(string.format("quantile %g %d\n", p, latency:percentile(p)))
  end
end
