// Package engine holds the engine's options in docker-machine's order.
package engine

type Options struct {
	ArbitraryFlags   []string
	Dns              []string
	GraphDir         string
	Env              []string
	Ipv6             bool
	InsecureRegistry []string
	Labels           []string
	LogLevel         string
	StorageDriver    string
	SelinuxEnabled   bool
	TlsVerify        bool
	RegistryMirror   []string
	InstallURL       string
}
