// Package commands holds what a template of `ls` works on.
package commands

import (
	"time"

	"generate/engine"
	"generate/state"
	"generate/swarm"
)

type HostListItem struct {
	Name          string
	Active        string
	ActiveHost    bool
	ActiveSwarm   bool
	DriverName    string
	State         state.State
	URL           string
	SwarmOptions  *swarm.Options
	Swarm         string
	EngineOptions *engine.Options
	Error         string
	DockerVersion string
	ResponseTime  time.Duration
}

var Headers = map[string]string{
	"Name":          "NAME",
	"Active":        "ACTIVE",
	"ActiveHost":    "ACTIVE_HOST",
	"ActiveSwarm":   "ACTIVE_SWARM",
	"DriverName":    "DRIVER",
	"State":         "STATE",
	"URL":           "URL",
	"SwarmOptions":  "SWARM_OPTIONS",
	"Swarm":         "SWARM",
	"EngineOptions": "ENGINE_OPTIONS",
	"DockerVersion": "DOCKER",
	"Error":         "ERRORS",
	"ResponseTime":  "RESPONSE",
}
