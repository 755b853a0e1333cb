package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"trial/wire"
)

const addressTimeout = 10 * time.Second

// program is a driver program that runs; its output is collected by line.
type program struct {
	command *exec.Cmd
	address string
	mutex   sync.Mutex
	stdout  []string
	stderr  []string
	readers sync.WaitGroup
}

func start(name string, words []string) (*program, error) {
	p := &program{command: exec.Command(words[0], words[1:]...)}
	p.command.Env = append(os.Environ(), wire.TokenVariable+"="+wire.Token, wire.NameVariable+"="+name)
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := p.command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	first := make(chan string, 1)
	p.readers.Add(2)
	go p.collect(stdout, &p.stdout, first)
	go p.collect(stderr, &p.stderr, nil)
	select {
	case p.address = <-first:
		return p, nil
	case <-time.After(addressTimeout):
		p.command.Process.Kill()
		return nil, errors.New("Failed to dial the plugin server in 10s")
	}
}

// collect takes lines over; the first one goes to a channel if there is one.
func (p *program) collect(pipe io.Reader, lines *[]string, first chan<- string) {
	defer p.readers.Done()
	scanner := bufio.NewScanner(pipe)
	for scanner.Scan() {
		if first != nil {
			first <- strings.TrimSpace(scanner.Text())
			first = nil
			continue
		}
		p.mutex.Lock()
		*lines = append(*lines, scanner.Text())
		p.mutex.Unlock()
	}
	if first != nil {
		first <- ""
	}
}

// wait returns the exit code, or -1 if the program has to be killed.
func (p *program) wait(limit time.Duration) int {
	timer := time.AfterFunc(limit, func() { p.command.Process.Kill() })
	defer timer.Stop()
	p.readers.Wait()
	p.command.Wait()
	return p.command.ProcessState.ExitCode()
}
