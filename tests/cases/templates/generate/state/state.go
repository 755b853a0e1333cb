// Package state holds a machine's state, named and numbered as docker-machine does.
package state

type State int

var names = []string{"", "Running", "Paused", "Saved", "Stopped", "Stopping", "Starting", "Error", "Timeout"}

func (s State) String() string {
	if int(s) < len(names) {
		return names[s]
	}
	return ""
}
