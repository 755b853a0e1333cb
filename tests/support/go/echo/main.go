// Decodes values by Go's own gob from stdin and encodes each again to stdout, with a time that only Go can write.
package main

import (
	"encoding/gob"
	"errors"
	"io"
	"os"
	"time"
)

type inner struct {
	Name  string
	Items []string
}

type everything struct {
	Bool    bool
	Int     int64
	Uint    uint64
	Float   float64
	Complex complex128
	Text    string
	Bytes   []byte
	Numbers []int
	Pair    [2]string
	Map     map[string]inner
	Inner   *inner
	Any     interface{}
	Anys    []interface{}
	When    time.Time
}

func main() {
	gob.RegisterName("inner", &inner{})
	in, out := gob.NewDecoder(os.Stdin), gob.NewEncoder(os.Stdout)
	for {
		var found everything
		err := in.Decode(&found)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			panic(err)
		}
		found.When = time.Unix(0, 0).UTC()
		if err := out.Encode(&found); err != nil {
			panic(err)
		}
	}
}
