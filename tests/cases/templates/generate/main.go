// Writes what Go's own text/template makes of the cases into their files.
//
//	go run . FILE...
//
// A file holds {"functions", "kind", "data", "cases": [{"template", "data", "output", "error"}]}; output and
// error are written here. A case without data uses the file's. Kinds: "json" (data decoded as inspect does),
// "host" (one item of ls) and "listing" (ls --format as a whole).
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"text/tabwriter"
	"text/template"

	"generate/commands"
)

type testCase struct {
	Template string          `json:"template"`
	Data     json.RawMessage `json:"data,omitempty"`
	Output   string          `json:"output"`
	Error    string          `json:"error,omitempty"`
}

type caseFile struct {
	Functions string          `json:"functions"`
	Kind      string          `json:"kind"`
	Data      json.RawMessage `json:"data"`
	Cases     []*testCase     `json:"cases"`
}

func toJSON(value any, escape bool) string {
	buffer := &bytes.Buffer{}
	encoder := json.NewEncoder(buffer)
	encoder.SetEscapeHTML(escape)
	encoder.Encode(value)
	return strings.TrimSuffix(buffer.String(), "\n")
}

func join(list any, separator string) (string, error) {
	value := reflect.ValueOf(list)
	if !value.IsValid() {
		return "", fmt.Errorf("join of type interface {}")
	}
	if value.Kind() != reflect.Slice {
		return "", fmt.Errorf("join of type %s", value.Type())
	}
	parts := []string{}
	for i := 0; i < value.Len(); i++ {
		parts = append(parts, fmt.Sprint(value.Index(i).Interface()))
	}
	return strings.Join(parts, separator), nil
}

func pad(text string, before, after int) string {
	if text == "" {
		return text
	}
	return strings.Repeat(" ", before) + text + strings.Repeat(" ", after)
}

func truncate(text string, length int) string {
	if len(text) < length {
		return text
	}
	return text[:length]
}

func prettyjson(value any) string {
	text, _ := json.MarshalIndent(value, "", "    ")
	return string(text)
}

var sets = map[string]template.FuncMap{
	"": {},
	"inspect": {
		"json":       func(value any) string { return toJSON(value, true) },
		"prettyjson": prettyjson,
	},
	"docker": {
		"json":       func(value any) string { return toJSON(value, false) },
		"prettyjson": prettyjson,
		"split":      strings.Split,
		"join":       join,
		"lower":      strings.ToLower,
		"upper":      strings.ToUpper,
		"title":      strings.Title,
		"pad":        pad,
		"truncate":   truncate,
	},
}

func execute(out io.Writer, text string, functions template.FuncMap, data any) error {
	parsed, err := template.New("").Funcs(functions).Parse(text)
	if err != nil {
		return err
	}
	return parsed.Execute(out, data)
}

func listing(out io.Writer, form string, items []commands.HostListItem) error {
	table := strings.HasPrefix(form, "table")
	form = strings.Trim(strings.TrimPrefix(form, "table"), " ")
	form = strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(form)
	parsed, err := template.New("").Parse(form)
	if err != nil {
		return err
	}
	rows := []any{}
	if table {
		writer := tabwriter.NewWriter(out, 5, 1, 3, ' ', 0)
		defer writer.Flush()
		out = writer
		rows = append(rows, commands.Headers)
	}
	for _, item := range items {
		rows = append(rows, item)
	}
	for _, row := range rows {
		if err := parsed.Execute(out, row); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	return nil
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(one *testCase, file *caseFile) {
	raw := one.Data
	if raw == nil {
		raw = file.Data
	}
	out := &bytes.Buffer{}
	var err error
	switch file.Kind {
	case "json":
		var data any
		must(json.Unmarshal(raw, &data))
		err = execute(out, one.Template, sets[file.Functions], data)
	case "host":
		var data commands.HostListItem
		must(json.Unmarshal(raw, &data))
		err = execute(out, one.Template, sets[file.Functions], data)
	case "listing":
		var data []commands.HostListItem
		must(json.Unmarshal(raw, &data))
		err = listing(out, one.Template, data)
	}
	one.Output, one.Error = out.String(), ""
	if err != nil {
		one.Error = err.Error()
	}
}

func main() {
	for _, path := range os.Args[1:] {
		content, err := os.ReadFile(path)
		must(err)
		file := &caseFile{}
		must(json.Unmarshal(content, file))
		for _, one := range file.Cases {
			run(one, file)
		}
		buffer := &bytes.Buffer{}
		encoder := json.NewEncoder(buffer)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		must(encoder.Encode(file))
		must(os.WriteFile(path, buffer.Bytes(), 0o644))
	}
}
