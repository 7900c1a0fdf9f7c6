for cpus in 1_0 1__0 0x1p-1 0x1.8 1p3 010 3/07 3/08 0b1/0x2 0b0.1 1/-2 1e-400 1e400 ١ '' .5 0x; do
  echo "$cpus"
  docker create --pull never --cpus "$cpus" nosuch:never 2>&1 | head -n 1 | sed 's/to [0-9.]*, as .*//'
done
