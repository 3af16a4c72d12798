// GetCallerIdentity by aws-sdk-go: `use` with the credentials that are held, `fresh` with new ones of the
// same provider, which keeps its session token.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/ec2metadata"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/sts"

	"pod-iam.test/clients/lines"
)

func main() {
	endpoint := os.Getenv("AWS_ENDPOINT_URL_STS")
	held := session.Must(session.NewSession())
	lines.Serve("github.com/aws/aws-sdk-go", func(command string) (lines.Outcome, error) {
		region := os.Getenv("AWS_REGION")
		if region == "" {
			asked, err := ec2metadata.New(held).Region()
			if err != nil {
				return lines.Outcome{}, err
			}
			region = asked
		}
		if command == "fresh" {
			held.Config.Credentials.Expire()
		}
		client := sts.New(held, &aws.Config{Endpoint: &endpoint, Region: &region})
		answer, err := client.GetCallerIdentity(nil)
		if err != nil {
			return lines.Outcome{}, err
		}
		return lines.Outcome{Arn: *answer.Arn, Region: region}, nil
	})
}
