package main

import (
	"fmt"
	"net/rpc"
	"sync"
	"time"

	"trial/wire"
)

const (
	heartbeatInterval = 5 * time.Second
	endTimeout        = 15 * time.Second
)

// Step is something to do; see main.go.
type Step struct {
	Call       string                 `json:"call"`
	Raw        string                 `json:"raw"`
	Flags      map[string]interface{} `json:"flags"`
	Together   []Step                 `json:"together"`
	Wait       float64                `json:"wait"`
	Heartbeats *bool                  `json:"heartbeats"`
	Leave      bool                   `json:"leave"`
}

// Result is what a call gave.
type Result struct {
	Call    string      `json:"call"`
	Reply   interface{} `json:"reply"`
	Error   string      `json:"error"`
	Seconds float64     `json:"seconds"`
}

// Outcome is what happened from the start of the program to its end.
type Outcome struct {
	Results []Result `json:"results"`
	Stdout  []string `json:"stdout"`
	Stderr  []string `json:"stderr"`
	Exit    int      `json:"exit"`
	Seconds float64  `json:"seconds"`
}

type session struct {
	program *program
	client  *rpc.Client
	service string
	results []Result
	begun   time.Time
	beating chan struct{}
	leaves  bool
}

func begin(name string, old bool, words []string) (*session, error) {
	s := &session{begun: time.Now(), service: wire.Service, beating: make(chan struct{})}
	if old {
		s.service = wire.OldService
	}
	var err error
	if s.program, err = start(name, words); err != nil {
		return nil, err
	}
	if s.client, err = rpc.DialHTTP("tcp", s.program.address); err != nil {
		exit := s.program.wait(endTimeout)
		return nil, fmt.Errorf("%w (exit %d, stderr %q)", err, exit, s.program.stderr)
	}
	var version int
	if err := s.invoke("GetVersion", struct{}{}, &version); err != nil {
		return nil, err
	}
	if version != 1 {
		return nil, fmt.Errorf("Driver binary uses an incompatible API version (%d)", version)
	}
	go s.beat(s.beating)
	return s, nil
}

func (s *session) invoke(method string, argument, reply interface{}) error {
	return s.client.Call(s.service+"."+method, argument, reply)
}

func (s *session) beat(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(heartbeatInterval):
			if s.invoke("Heartbeat", struct{}{}, nil) != nil {
				return
			}
		}
	}
}

func (s *session) take(step Step) {
	switch {
	case step.Together != nil:
		s.takeTogether(step.Together)
	case step.Wait > 0:
		time.Sleep(time.Duration(step.Wait * float64(time.Second)))
	case step.Heartbeats != nil:
		s.stopBeating()
	case step.Leave:
		s.leaves = true
	default:
		s.results = append(s.results, s.call(step))
	}
}

func (s *session) stopBeating() {
	if s.beating != nil {
		close(s.beating)
		s.beating = nil
	}
}

func (s *session) takeTogether(steps []Step) {
	results := make([]Result, len(steps))
	var all sync.WaitGroup
	for i := range steps {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			results[i] = s.call(steps[i])
		}(i)
	}
	all.Wait()
	s.results = append(s.results, results...)
}

func (s *session) call(step Step) Result {
	begun := time.Now()
	reply, err := s.reply(step)
	result := Result{Call: step.Call, Reply: reply, Seconds: time.Since(begun).Seconds()}
	if step.Flags != nil {
		result.Call = "SetConfigFromFlags"
	}
	if err != nil {
		result.Error = err.Error()
	}
	return result
}

// end closes the program as docker-machine does when a command ends well, unless a step said to leave.
func (s *session) end() Outcome {
	s.stopBeating()
	if s.leaves {
		s.client.Close()
	} else {
		s.invoke("Close", struct{}{}, nil)
	}
	exit := s.program.wait(endTimeout)
	return Outcome{s.results, s.program.stdout, s.program.stderr, exit, time.Since(s.begun).Seconds()}
}
