// Package lines is the programs' common loop: a line in, the command; a line out, the outcome as JSON.
package lines

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
)

// Outcome of one command.
type Outcome struct {
	Arn    string `json:"arn"`
	Region string `json:"region,omitempty"`
}

// Serve answers each line of standard input.
func Serve(module string, answer func(command string) (Outcome, error)) {
	say(map[string]any{"ready": true, "version": version(module)})
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		outcome, err := answer(input.Text())
		if err != nil {
			say(map[string]string{"error": err.Error()})
		} else {
			say(outcome)
		}
	}
}

func say(outcome any) {
	line, _ := json.Marshal(outcome)
	fmt.Println(string(line))
}

func version(module string) string {
	info, _ := debug.ReadBuildInfo()
	for _, dependency := range info.Deps {
		if dependency.Path == module {
			return dependency.Version
		}
	}
	return "unknown"
}
