// Command judge reads the names of YAML and JSON files from standard input, one a line, and prints for each file one
// line of JSON: its documents as kubectl's libraries read them. It is the truth that Podpath's reader is compared with.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"sigs.k8s.io/yaml"
)

type document struct {
	Value json.RawMessage `json:"value,omitempty"`
	Error string          `json:"error,omitempty"`
}

type file struct {
	File      string     `json:"file"`
	Documents []document `json:"documents"`
}

// split cuts a file where a line is "---", alone or with a comment behind it.
func split(text string) []string {
	var parts []string
	var current strings.Builder
	for _, line := range strings.SplitAfter(text, "\n") {
		rest, marked := strings.CutPrefix(line, "---")
		rest = strings.TrimSpace(rest)
		if marked && (rest == "" || rest[0] == '#') {
			parts = append(parts, current.String())
			current.Reset()
			continue
		}
		current.WriteString(line)
	}
	return append(parts, current.String())
}

// stream reads concatenated JSON values; ok is false where the text is not JSON.
func stream(text []byte) (documents []document, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	for {
		var value json.RawMessage
		err := decoder.Decode(&value)
		if err == io.EOF {
			return documents, true
		}
		if err != nil {
			return nil, false
		}
		documents = append(documents, document{Value: value})
	}
}

func read(text []byte) []document {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 && trimmed[0] == '{' {
		if documents, ok := stream(text); ok {
			return documents
		}
	}
	var documents []document
	for _, part := range split(string(text)) {
		value, err := yaml.YAMLToJSON([]byte(part))
		if err != nil {
			documents = append(documents, document{Error: err.Error()})
		} else {
			documents = append(documents, document{Value: value})
		}
	}
	return documents
}

func main() {
	names := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	for names.Scan() {
		text, err := os.ReadFile(names.Text())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := encoder.Encode(file{names.Text(), read(text)}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
