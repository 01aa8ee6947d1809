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

type part struct {
	text    string
	refused bool
}

// split cuts a file where a line is "---", alone or with a comment behind it. A part with other text behind "---" is
// refused, as k8s.io/apimachinery does.
func split(text string) []part {
	var parts []part
	refused := false
	var current strings.Builder
	for _, line := range strings.SplitAfter(text, "\n") {
		rest, marked := strings.CutPrefix(line, "---")
		rest = strings.TrimSpace(rest)
		if marked && (rest == "" || rest[0] == '#') {
			parts = append(parts, part{current.String(), refused})
			current.Reset()
			refused = false
			continue
		}
		refused = refused || marked
		current.WriteString(line)
	}
	return append(parts, part{current.String(), refused})
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
		value, err := yaml.YAMLToJSON([]byte(part.text))
		if part.refused {
			documents = append(documents, document{Error: "invalid document separator"})
		} else if err != nil {
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
