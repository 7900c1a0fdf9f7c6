for verb in start stop restart kill pause unpause wait rm; do docker $verb ''; echo "$verb $?"; done
