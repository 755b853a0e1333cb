package main

import (
	"fmt"

	"trial/wire"
)

// reply makes a step's call with the types that docker-machine uses for it.
func (s *session) reply(step Step) (interface{}, error) {
	if step.Flags != nil {
		return nil, s.configure(step.Flags)
	}
	switch step.Call {
	case "SetConfigRaw":
		return nil, s.invoke(step.Call, []byte(step.Raw), nil)
	case "GetConfigRaw":
		var reply []byte
		err := s.invoke(step.Call, struct{}{}, &reply)
		return string(reply), err
	case "GetVersion", "GetSSHPort", "GetState":
		var reply int
		err := s.invoke(step.Call, struct{}{}, &reply)
		return reply, err
	case "GetCreateFlags":
		return s.describe()
	case "PreCreateCheck", "Create", "Start", "Stop", "Restart", "Kill", "Remove", "Heartbeat":
		return nil, s.invoke(step.Call, struct{}{}, nil)
	}
	var reply string
	err := s.invoke(step.Call, struct{}{}, &reply)
	return reply, err
}

// describe lists the driver's flags with the kind of each.
func (s *session) describe() (interface{}, error) {
	flags, err := s.flags()
	described := make([]map[string]interface{}, len(flags))
	for i, flag := range flags {
		described[i] = map[string]interface{}{"kind": fmt.Sprintf("%T", flag), "flag": flag}
	}
	return described, err
}

func (s *session) flags() ([]wire.Flag, error) {
	var flags []wire.Flag
	err := s.invoke("GetCreateFlags", struct{}{}, &flags)
	return flags, err
}

// configure sends the defaults of all flags, and over them the given values in their Go types.
func (s *session) configure(given map[string]interface{}) error {
	flags, err := s.flags()
	if err != nil {
		return err
	}
	values := map[string]interface{}{"driver": "trial", "swarm": false}
	for _, flag := range flags {
		values[flag.String()] = flag.Default()
		if flag.Default() == nil {
			values[flag.String()] = false
		}
	}
	for name, value := range given {
		values[name] = inGo(value)
	}
	var options wire.DriverOptions = &wire.RPCFlags{Values: values}
	return s.invoke("SetConfigFromFlags", &options, nil)
}

// inGo returns a JSON value in the type that a flag has: JSON knows neither int nor []string.
func inGo(value interface{}) interface{} {
	switch found := value.(type) {
	case float64:
		return int(found)
	case []interface{}:
		texts := []string{}
		for _, one := range found {
			texts = append(texts, fmt.Sprint(one))
		}
		return texts
	}
	return value
}
