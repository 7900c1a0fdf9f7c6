docker __complete stop --time 3 --ti; docker __complete ps -h ""; docker stack ls --orchestrator x
