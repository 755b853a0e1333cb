package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// What a call does before its own work. It is set by CALL=WHAT in --trial-behaviour (kept in the record) or in
// TRIAL_BEHAVIOUR (separated by commas), of which more than one may name the same call:
//
//	error:TEXT   fails
//	sleep:N      takes N seconds
//	hang         never answers
//	crash        ends the program with exit code 3, after a last line on each pipe
//	panic        panics, which ends the program except in Create
//	say:TEXT     prints TEXT on both pipes
//	flood:N      prints N lines of 1,000 bytes on each pipe
//	noise        prints control characters and bytes that are no UTF-8
//	child        leaves a child behind that holds both pipes for a minute
//
// Of the whole program, in TRIAL_BEHAVIOUR only:
//
//	address=none|nonsense|late|remote|flood   the first line
//	version=2     another version of the protocol
//	service=old   serves the name of before 0.5.1 only
//	service=modern   serves GetIPv6 too
//	service=wrong    answers some calls with wrong types
//	stream=huge|nonsense|close|silent   what is sent once a client is connected
//	flags=none    has no flags
//	record=broken answers GetConfigRaw with JSON that ends early
//	heartbeats=ignored   never ends for want of heartbeats
func (s *server) behave(call string) error {
	wishes := append(strings.Split(os.Getenv("TRIAL_BEHAVIOUR"), ","), s.driver.Behaviour...)
	for _, wish := range wishes {
		name, what, _ := strings.Cut(wish, "=")
		if name != call {
			continue
		}
		kind, rest, _ := strings.Cut(what, ":")
		if err := behave(kind, rest); err != nil {
			return err
		}
	}
	return nil
}

func behave(kind, rest string) error {
	number, _ := strconv.Atoi(rest)
	switch kind {
	case "error":
		return errors.New(rest)
	case "sleep":
		time.Sleep(time.Duration(number) * time.Second)
	case "hang":
		select {}
	case "crash":
		fmt.Println("the last line of the output")
		fmt.Fprintln(os.Stderr, "the last line of the errors")
		os.Exit(3)
	case "panic":
		panic(errors.New("the driver lost its head"))
	case "say":
		fmt.Println(rest)
		fmt.Fprintln(os.Stderr, rest)
	case "flood":
		flood(number)
	case "noise":
		fmt.Println("\x1b[31mred\x1b]0;title\x07 \xff\xfe end")
	case "child":
		return leaveChild()
	}
	return nil
}

func flood(lines int) {
	line := strings.Repeat("x", 1000)
	for i := 0; i < lines; i++ {
		fmt.Println(line)
		fmt.Fprintln(os.Stderr, line)
	}
}

func leaveChild() error {
	child := exec.Command("sleep", "60")
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	return child.Start()
}

// startBehaviour returns how the program as a whole misbehaves in one respect; empty if it does not.
func startBehaviour(name string) string {
	for _, wish := range strings.Split(os.Getenv("TRIAL_BEHAVIOUR"), ",") {
		if found, what, ok := strings.Cut(wish, "="); ok && found == name {
			return what
		}
	}
	return ""
}
