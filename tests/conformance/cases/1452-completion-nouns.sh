docker __complete volume ""; docker __complete image r; docker __complete trust key ""; docker __complete container x ""; docker __complete volume -
