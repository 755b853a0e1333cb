// A driver program as docker-machine's plugin library makes it, with the standard library only. It pretends to
// have machines, and misbehaves on request (behaviour.go).
package main

import (
	"fmt"
	"net"
	"net/http"
	"net/rpc"
	"os"
	"strings"
	"time"

	"trial/wire"
)

const heartbeatTimeout = 10 * time.Second

func main() {
	if os.Getenv(wire.TokenVariable) != wire.Token {
		fmt.Fprint(os.Stderr, `This is a Docker Machine plugin binary.
Plugin binaries are not intended to be invoked directly.
Please use this plugin through the main 'docker-machine' binary.
(API version: 1)
`)
		os.Exit(1)
	}
	os.Setenv("MACHINE_DEBUG", "1")
	s := &server{newDriver(), make(chan bool), make(chan bool)}
	register(s)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintf(os.Stderr, "Error loading RPC server: %s\n", err)
		os.Exit(1)
	}
	printAddress(listener)
	serve(listener)
	s.wait()
}

func register(s *server) {
	var receiver interface{} = s
	switch startBehaviour("service") {
	case "modern":
		receiver = &modern{s}
	case "wrong":
		receiver = &wrong{s}
	}
	if err := rpc.RegisterName(wire.OldService, receiver); err != nil {
		panic(err)
	}
	if startBehaviour("service") != "old" {
		if err := rpc.RegisterName(wire.Service, receiver); err != nil {
			panic(err)
		}
	}
	rpc.HandleHTTP()
}

func printAddress(listener net.Listener) {
	switch startBehaviour("address") {
	case "none":
		select {}
	case "nonsense":
		fmt.Println("Welcome to the driver!")
	case "remote":
		fmt.Println("192.0.2.1:80")
	case "flood":
		for {
			fmt.Print(strings.Repeat("x", 4096))
		}
	case "late":
		time.Sleep(12 * time.Second)
		fmt.Println(listener.Addr())
	default:
		fmt.Println(listener.Addr())
	}
}

func serve(listener net.Listener) {
	stream := startBehaviour("stream")
	if stream == "" {
		go http.Serve(listener, nil)
		return
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go misbehave(connection, stream)
		}
	}()
}

// misbehave greets as net/rpc does, waits for the first request and answers it badly.
func misbehave(connection net.Conn, stream string) {
	received := make([]byte, 4096)
	connection.Read(received)
	fmt.Fprint(connection, "HTTP/1.0 200 Connected to Go RPC\n\n")
	connection.Read(received)
	switch stream {
	case "huge":
		connection.Write([]byte{0xf8, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3}) // a message of 2^62 bytes
	case "nonsense":
		fmt.Fprint(connection, strings.Repeat("nonsense ", 100))
	case "close":
		connection.Close()
	}
}

func (s *server) wait() {
	for {
		select {
		case <-s.closed:
			fmt.Fprintln(os.Stderr, "Closing plugin on server side")
			os.Exit(0)
		case <-s.beats:
		case <-time.After(heartbeatTimeout):
			if startBehaviour("heartbeats") != "ignored" {
				os.Exit(1)
			}
		}
	}
}
