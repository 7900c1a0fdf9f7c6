docker __complete events --filter ""; docker __complete events --filter type=; docker __complete events --filter scope=; docker __complete events --filter event=; docker __complete events --filter x=
