package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"trial/wire"
)

// driver pretends to be a machine. Its JSON is what docker-machine stores; its state is a file in the
// machine's folder, as a cloud's would be outside of the record.
type driver struct {
	IPAddress      string
	MachineName    string
	SSHUser        string
	SSHPort        int
	SSHKeyPath     string
	StorePath      string
	SwarmMaster    bool
	SwarmHost      string
	SwarmDiscovery string
	EnginePort     int
	Text           string
	Number         int
	Switch         bool
	Items          []string
	Token          string
	Behaviour      []string
	Big            int64
	Nested         map[string]interface{}
	Created        bool
}

func newDriver() *driver {
	return &driver{
		EnginePort: 2376,
		Big:        9007199254740993, // 2^53 + 1: not a float
		Nested:     map[string]interface{}{"b": 1, "a": []string{"x"}},
	}
}

func flags() []wire.Flag {
	return []wire.Flag{
		&wire.StringFlag{Name: "trial-text", Usage: "A text", EnvVar: "TRIAL_TEXT", Value: "plain"},
		&wire.IntFlag{Name: "trial-number", Usage: "A number", EnvVar: "TRIAL_NUMBER", Value: 7},
		&wire.BoolFlag{Name: "trial-switch", Usage: "A switch", EnvVar: "TRIAL_SWITCH"},
		&wire.StringSliceFlag{Name: "trial-item", Usage: "An item, may be given again", EnvVar: "TRIAL_ITEM"},
		&wire.StringSliceFlag{Name: "trial-preset", Usage: "A list with a default", Value: []string{"a", "b"}},
		&wire.StringFlag{Name: "trial-token", Usage: "A secret token", EnvVar: "TRIAL_TOKEN"},
		&wire.StringFlag{Name: "trial-ip-address", Usage: "Address of a host that exists", Value: "192.0.2.7"},
		&wire.StringFlag{Name: "trial-ssh-user", Usage: "ssh user", Value: "root"},
		&wire.StringFlag{Name: "trial-ssh-key", Usage: "ssh private key"},
		&wire.IntFlag{Name: "trial-ssh-port", Usage: "ssh port", Value: 22},
		&wire.IntFlag{Name: "trial-engine-port", Usage: "port of the engine", Value: 2376},
		&wire.StringSliceFlag{Name: "trial-behaviour", Usage: "CALL=WHAT: what a call does; see behaviour.go"},
	}
}

// configure takes the values of options over. Values of a wrong type are told of, as docker-machine's library does.
func (d *driver) configure(options *wire.RPCFlags) error {
	d.Text = text(options, "trial-text")
	d.Number = number(options, "trial-number")
	d.Switch, _ = value(options, "trial-switch", "bool").(bool)
	d.Items = append(list(options, "trial-item"), list(options, "trial-preset")...)
	d.Token = text(options, "trial-token")
	d.IPAddress = text(options, "trial-ip-address")
	d.SSHUser = text(options, "trial-ssh-user")
	d.SSHKeyPath = text(options, "trial-ssh-key")
	d.SSHPort = number(options, "trial-ssh-port")
	d.EnginePort = number(options, "trial-engine-port")
	d.Behaviour = list(options, "trial-behaviour")
	if d.Number < 0 {
		return errors.New("--trial-number must not be negative")
	}
	return nil
}

func value(options *wire.RPCFlags, key, kind string) interface{} {
	found, ok := options.Values[key]
	if !ok {
		fmt.Printf("Trying to access option %s which does not exist\n", key)
		fmt.Println("THIS ***WILL*** CAUSE UNEXPECTED BEHAVIOR")
	}
	is := map[string]bool{}
	switch found.(type) {
	case string:
		is["string"] = true
	case int:
		is["int"] = true
	case bool:
		is["bool"] = true
	case []string:
		is["string slice"] = true
	}
	if !is[kind] {
		fmt.Printf("Type assertion did not go smoothly to %s for key %s\n", kind, key)
	}
	return found
}

func text(options *wire.RPCFlags, key string) string {
	found, _ := value(options, key, "string").(string)
	return found
}

func number(options *wire.RPCFlags, key string) int {
	found, _ := value(options, key, "int").(int)
	return found
}

func list(options *wire.RPCFlags, key string) []string {
	found, _ := value(options, key, "string slice").([]string)
	return found
}

func (d *driver) stateFile() string {
	return filepath.Join(d.StorePath, "machines", d.MachineName, "trial.state")
}

func (d *driver) setState(state wire.State) error {
	return os.WriteFile(d.stateFile(), []byte(strconv.Itoa(int(state))), 0o600)
}

func (d *driver) state() (wire.State, error) {
	content, err := os.ReadFile(d.stateFile())
	if errors.Is(err, os.ErrNotExist) {
		return wire.None, errors.New("machine does not exist")
	}
	if err != nil {
		return wire.Error, err
	}
	state, err := strconv.Atoi(string(content))
	return wire.State(state), err
}

func (d *driver) preCreateCheck() error {
	if d.Text == "refused" {
		return errors.New("trial-text must not be refused")
	}
	return nil
}

func (d *driver) create() error {
	fmt.Println("Creating the machine...")
	fmt.Fprintln(os.Stderr, "creating with uid", os.Getuid())
	d.Created = true
	return d.setState(wire.Running)
}

func (d *driver) remove() error {
	err := os.Remove(d.stateFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func (d *driver) url() (string, error) {
	state, err := d.state()
	if err != nil {
		return "", err
	}
	if state != wire.Running {
		return "", errors.New("Host is not running")
	}
	return "tcp://" + net.JoinHostPort(d.IPAddress, strconv.Itoa(d.EnginePort)), nil
}

func (d *driver) record() ([]byte, error) { return json.Marshal(d) }
