docker __complete ps --nosuch ""; docker __complete ps --nosuch=; docker __complete ps -aZ 3 ""; docker __complete --debug=maybe ps ""; docker __complete run --rm=x ""; docker __complete
