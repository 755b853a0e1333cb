// Package wire has the types that docker-machine sends between itself and a driver program. Gob finds
// types in interface values by registered name, so they are registered under docker-machine's names.
package wire

import "encoding/gob"

const (
	// Service is the name under which a driver program serves its calls; OldService was so before 0.5.1.
	Service    = "RPCServerDriver"
	OldService = "RpcServerDriver"

	TokenVariable = "MACHINE_PLUGIN_TOKEN"
	Token         = "42"
	NameVariable  = "MACHINE_PLUGIN_DRIVER_NAME"
)

type StringFlag struct {
	Name, Usage, EnvVar, Value string
}

type StringSliceFlag struct {
	Name, Usage, EnvVar string
	Value               []string
}

type IntFlag struct {
	Name, Usage, EnvVar string
	Value               int
}

type BoolFlag struct {
	Name, Usage, EnvVar string
}

// Flag is an option of a driver: its name and its default.
type Flag interface {
	String() string
	Default() interface{}
}

func (f StringFlag) String() string            { return f.Name }
func (f StringFlag) Default() interface{}      { return f.Value }
func (f StringSliceFlag) String() string       { return f.Name }
func (f StringSliceFlag) Default() interface{} { return f.Value }
func (f IntFlag) String() string               { return f.Name }
func (f IntFlag) Default() interface{}         { return f.Value }
func (f BoolFlag) String() string              { return f.Name }
func (f BoolFlag) Default() interface{}        { return nil }

// RPCFlags are the values of options.
type RPCFlags struct {
	Values map[string]interface{}
}

func (f RPCFlags) String(key string) string {
	value, _ := f.Values[key].(string)
	return value
}

// DriverOptions is the interface as which RPCFlags is sent.
type DriverOptions interface {
	String(key string) string
}

// State is the state of a machine; its order is docker-machine's.
type State int

const (
	None State = iota
	Running
	Paused
	Saved
	Stopped
	Stopping
	Starting
	Error
	Timeout
)

func init() {
	gob.RegisterName("*rpcdriver.RPCFlags", new(RPCFlags))
	gob.RegisterName("*mcnflag.IntFlag", new(IntFlag))
	gob.RegisterName("*mcnflag.StringFlag", new(StringFlag))
	gob.RegisterName("*mcnflag.StringSliceFlag", new(StringSliceFlag))
	gob.RegisterName("*mcnflag.BoolFlag", new(BoolFlag))
}
