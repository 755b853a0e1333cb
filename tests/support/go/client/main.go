// A client of driver programs as docker-machine's library is one, with the standard library only. It starts a
// program, makes the calls that standard input asks for and prints what it got:
//
//	client [-name DRIVER] [-old] PROGRAM [ARGUMENT...] < STEPS
//
// STEPS is a JSON list, of these forms:
//
//	{"call": "GetState"}                       one call; "raw" is the argument of SetConfigRaw
//	{"flags": {"trial-number": 9}}             SetConfigFromFlags with these values beside the defaults
//	{"together": [STEP, ...]}                  calls at the same time
//	{"wait": 2.5}                              nothing, for so many seconds
//	{"heartbeats": false}                      no more heartbeats from here on
//	{"leave": true}                            ends without Close, and reports how the program ended
//
// The answer is one JSON object, an Outcome.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
)

func main() {
	name := flag.String("name", "trial", "name of the driver that is asked for")
	old := flag.Bool("old", false, "call by the service name of before 0.5.1")
	flag.Parse()
	var steps []Step
	if err := json.NewDecoder(os.Stdin).Decode(&steps); err != nil {
		fail(err)
	}
	session, err := begin(*name, *old, flag.Args())
	if err != nil {
		fail(err)
	}
	for _, step := range steps {
		session.take(step)
	}
	outcome, err := json.MarshalIndent(session.end(), "", " ")
	if err != nil {
		fail(err)
	}
	fmt.Println(string(outcome))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
