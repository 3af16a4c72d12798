#!/bin/bash
# GetCallerIdentity by curl alone, as a script in a pod does it: `use` gets everything anew; `fresh` keeps
# the session token that it has. With the argument v1 it knows no session tokens at all.
metadata=http://169.254.169.254/latest
token=

ask() { curl -sf -m 1 "${header[@]}" "$metadata/$1"; }

# string NAME: that field of the document.
string() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" <<<"$document"; }

say_error() { printf '{"error":"curl %s at the %s"}\n' "$1" "$2"; }

printf '{"ready":true,"version":"%s"}\n' "$(curl --version | sed -n '1s/curl \([^ ]*\).*/\1/p')"
while read -r command; do
  header=()
  if [ "$1" != v1 ]; then
    if [ -z "$token" ] || [ "$command" = use ]; then
      token=$(curl -sf -m 1 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 21600' "$metadata/api/token") ||
        { say_error $? token; continue; }
    fi
    header=(-H "X-aws-ec2-metadata-token: $token")
  fi
  region=${AWS_REGION:-$(ask meta-data/placement/region)} || { say_error $? region; continue; }
  role=$(ask meta-data/iam/security-credentials/) || { say_error $? listing; continue; }
  document=$(ask "meta-data/iam/security-credentials/$role") || { say_error $? document; continue; }
  answer=$(curl -sf -m 5 --aws-sigv4 "aws:amz:$region:sts" \
    --user "$(string AccessKeyId):$(string SecretAccessKey)" -H "X-Amz-Security-Token: $(string Token)" \
    --data 'Action=GetCallerIdentity&Version=2011-06-15' "$AWS_ENDPOINT_URL_STS/") || { say_error $? sts; continue; }
  printf '{"arn":"%s","region":"%s"}\n' "$(sed -n 's/.*<Arn>\(.*\)<\/Arn>.*/\1/p' <<<"$answer")" "$region"
done
