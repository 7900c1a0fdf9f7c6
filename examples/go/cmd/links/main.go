// Command links shortens addresses: POST / keeps one and answers its number, GET /NUMBER redirects.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"example.org/links/internal/store"
)

var version = "dev"

func handler(links *store.Store) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := strings.TrimPrefix(r.URL.Path, "/")
		switch {
		case r.Method == http.MethodPost && key == "":
			body, err := io.ReadAll(io.LimitReader(r.Body, 4096))
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			fmt.Fprintf(w, "/%s\n", links.Add(string(body)))
		case key == "":
			fmt.Fprintf(w, "links %s, %d kept\n", version, links.Len())
		default:
			target, ok := links.Get(key)
			if !ok {
				http.NotFound(w, r)
				return
			}
			http.Redirect(w, r, target, http.StatusFound)
		}
	})
}

func check(address string) int {
	client := http.Client{Timeout: time.Second}
	answer, err := client.Get("http://127.0.0.1" + address)
	if err != nil || answer.StatusCode != http.StatusOK {
		return 1
	}
	return 0
}

func main() {
	address := flag.String("address", ":8080", "where to listen")
	checking := flag.Bool("check", false, "ask the running service whether it is well")
	flag.Parse()
	if *checking {
		os.Exit(check(*address))
	}
	server := http.Server{Addr: *address, Handler: handler(store.New()), ReadHeaderTimeout: 5 * time.Second}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	go func() {
		<-ctx.Done()
		server.Shutdown(context.Background())
	}()
	log.Printf("links %s on %s as uid %d", version, *address, os.Getuid())
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		log.Fatal(err)
	}
	log.Print("stopped in good order")
}
