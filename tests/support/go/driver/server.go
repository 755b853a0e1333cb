package main

import (
	"encoding/json"
	"fmt"
	"runtime/debug"

	"trial/wire"
)

// server has the calls of a driver program, as docker-machine's library serves them.
type server struct {
	driver *driver
	closed chan bool
	beats  chan bool
}

type none = struct{}

func (s *server) Close(_, _ *none) error {
	s.closed <- true
	return nil
}

func (s *server) Heartbeat(_, _ *none) error {
	if err := s.behave("Heartbeat"); err != nil {
		return err
	}
	s.beats <- true
	return nil
}

func (s *server) GetVersion(_ *none, reply *int) error {
	*reply = 1
	if startBehaviour("version") != "" {
		*reply = 2
	}
	return s.behave("GetVersion")
}

func (s *server) GetConfigRaw(_ *none, reply *[]byte) error {
	if err := s.behave("GetConfigRaw"); err != nil {
		return err
	}
	content, err := s.driver.record()
	if startBehaviour("record") == "broken" {
		content = []byte(`{"MachineName": `)
	}
	*reply = content
	return err
}

func (s *server) SetConfigRaw(data []byte, _ *none) error {
	if err := json.Unmarshal(data, s.driver); err != nil {
		return err
	}
	return s.behave("SetConfigRaw")
}

func (s *server) GetCreateFlags(_ *none, reply *[]wire.Flag) error {
	if startBehaviour("flags") != "none" {
		*reply = flags()
	}
	return s.behave("GetCreateFlags")
}

func (s *server) SetConfigFromFlags(options *wire.DriverOptions, _ *none) error {
	if err := s.behave("SetConfigFromFlags"); err != nil {
		return err
	}
	return s.driver.configure((*options).(*wire.RPCFlags))
}

func (s *server) DriverName(_ *none, reply *string) error {
	*reply = "trial"
	return s.behave("DriverName")
}

func (s *server) GetMachineName(_ *none, reply *string) error {
	*reply = s.driver.MachineName
	return s.behave("GetMachineName")
}

func (s *server) GetIP(_ *none, reply *string) error {
	*reply = s.driver.IPAddress
	return s.behave("GetIP")
}

func (s *server) GetSSHHostname(_ *none, reply *string) error {
	*reply = s.driver.IPAddress
	return s.behave("GetSSHHostname")
}

func (s *server) GetSSHKeyPath(_ *none, reply *string) error {
	*reply = s.driver.SSHKeyPath
	return s.behave("GetSSHKeyPath")
}

func (s *server) GetSSHPort(_ *none, reply *int) error {
	*reply = s.driver.SSHPort
	return s.behave("GetSSHPort")
}

func (s *server) GetSSHUsername(_ *none, reply *string) error {
	*reply = s.driver.SSHUser
	return s.behave("GetSSHUsername")
}

func (s *server) GetURL(_ *none, reply *string) error {
	url, err := s.driver.url()
	*reply = url
	return first(s.behave("GetURL"), err)
}

func (s *server) GetState(_ *none, reply *wire.State) error {
	state, err := s.driver.state()
	*reply = state
	return first(s.behave("GetState"), err)
}

func (s *server) PreCreateCheck(_, _ *none) error {
	return first(s.behave("PreCreateCheck"), s.driver.preCreateCheck())
}

func (s *server) Create(_, _ *none) (err error) {
	defer func() {
		if found := recover(); found != nil {
			err = fmt.Errorf("Panic in the driver: %s\n%s", found, debug.Stack())
		}
	}()
	if err := s.behave("Create"); err != nil {
		return err
	}
	return s.driver.create()
}

func (s *server) Start(_, _ *none) error   { return s.move("Start", wire.Running) }
func (s *server) Restart(_, _ *none) error { return s.move("Restart", wire.Running) }
func (s *server) Stop(_, _ *none) error    { return s.move("Stop", wire.Stopped) }
func (s *server) Kill(_, _ *none) error    { return s.move("Kill", wire.Stopped) }

func (s *server) Remove(_, _ *none) error {
	if err := s.behave("Remove"); err != nil {
		return err
	}
	return s.driver.remove()
}

func (s *server) move(call string, state wire.State) error {
	if err := s.behave(call); err != nil {
		return err
	}
	return s.driver.setState(state)
}

func first(errors ...error) error {
	for _, err := range errors {
		if err != nil {
			return err
		}
	}
	return nil
}

// modern has GetIPv6, which rancher-machine added.
type modern struct{ *server }

func (m *modern) GetIPv6(_ *none, reply *string) error {
	*reply = "2001:db8::7"
	return m.behave("GetIPv6")
}

// wrong answers some calls with other types than docker-machine's.
type wrong struct{ *server }

func (w *wrong) GetState(_ *none, reply *string) error {
	*reply = "Running"
	return nil
}

func (w *wrong) GetIP(_ *none, reply *[]int) error {
	*reply = []int{192, 0, 2, 7}
	return nil
}

func (w *wrong) GetSSHPort(_ *none, reply *map[string]int) error {
	*reply = map[string]int{"port": 22}
	return nil
}

func (w *wrong) GetCreateFlags(_ *none, reply *[]int) error {
	*reply = []int{1, 2}
	return nil
}
