// GetCallerIdentity by aws-sdk-go-v2: `use` with the credentials that are held, `fresh` with new ones of
// the same provider, which keeps its session token.
package main

import (
	"context"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"pod-iam.test/clients/lines"
)

func main() {
	var settings *aws.Config
	lines.Serve("github.com/aws/aws-sdk-go-v2/config", func(command string) (lines.Outcome, error) {
		ctx := context.Background()
		if settings == nil {
			options := []func(*config.LoadOptions) error{}
			if os.Getenv("AWS_REGION") == "" {
				options = append(options, config.WithEC2IMDSRegion())
			}
			loaded, err := config.LoadDefaultConfig(ctx, options...)
			if err != nil {
				return lines.Outcome{}, err
			}
			settings = &loaded
		}
		if command == "fresh" {
			settings.Credentials.(*aws.CredentialsCache).Invalidate()
		}
		answer, err := sts.NewFromConfig(*settings).GetCallerIdentity(ctx, nil)
		if err != nil {
			return lines.Outcome{}, err
		}
		return lines.Outcome{Arn: *answer.Arn, Region: settings.Region}, nil
	})
}
