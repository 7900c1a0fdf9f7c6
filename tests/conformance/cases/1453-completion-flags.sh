docker __complete run --ne; docker __complete run -e a --en; docker __complete logs -f -; docker __completeNoDesc ps --l; docker __complete run busybox -
