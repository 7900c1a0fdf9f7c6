docker __complete run --cap-add ""; docker __complete run --ulimit ""; docker __complete exec --env X | grep '^PATH$'; docker __complete kill --signal "" | sort
