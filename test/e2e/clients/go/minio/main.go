// GetCallerIdentity with the credentials and the signer of minio-go, which has no STS client of that
// kind: `use` with the credentials that are held, `fresh` with new ones.
package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"

	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/signer"

	"pod-iam.test/clients/lines"
)

var arn = regexp.MustCompile(`<Arn>(.+)</Arn>`)

func main() {
	held := credentials.NewIAM("")
	lines.Serve("github.com/minio/minio-go/v7", func(command string) (lines.Outcome, error) {
		if command == "fresh" {
			held.Expire()
		}
		keys, err := held.GetWithContext(nil)
		if err != nil {
			return lines.Outcome{}, err
		}
		return whoAmI(keys)
	})
}

func whoAmI(keys credentials.Value) (lines.Outcome, error) {
	body := "Action=GetCallerIdentity&Version=2011-06-15"
	request, err := http.NewRequest("POST", os.Getenv("AWS_ENDPOINT_URL_STS")+"/", strings.NewReader(body))
	if err != nil {
		return lines.Outcome{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("X-Amz-Content-Sha256", fmt.Sprintf("%x", sha256.Sum256([]byte(body))))
	request.Header.Set("X-Amz-Security-Token", keys.SessionToken)
	signed := signer.SignV4STS(*request, keys.AccessKeyID, keys.SecretAccessKey, "us-east-1")
	answer, err := http.DefaultClient.Do(signed)
	if err != nil {
		return lines.Outcome{}, err
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	found := arn.FindSubmatch(text)
	if found == nil {
		return lines.Outcome{}, fmt.Errorf("%s: %s", answer.Status, text)
	}
	return lines.Outcome{Arn: string(found[1])}, nil
}
