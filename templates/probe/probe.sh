# What a diagnostic pod of pod-iam runs: POSIX sh and curl 7.75 or newer, nothing that an image may lack.
# It asks the metadata endpoint as an SDK does, signs GetCallerIdentity with what it was served, and
# prints one line of JSON per step. No secret leaves this shell: keys and tokens are held in variables
# and reach curl on its standard input, never on a command line, in a file or in the log.
#
# PROBE_KIND       identity (the pod stands for a workload) or bare (it has no role)
# PROBE_METADATA   http://169.254.169.254
# PROBE_OWN_ROLE   the role that the workload should get, as a document's path names it; or empty
# PROBE_OTHER_ROLE a role that this pod must not get
# PROBE_STS        STS endpoint, with a slash at its end
# PROBE_REGION     the region to sign for

LC_ALL=C
export LC_ALL
no_proxy="169.254.169.254,127.0.0.1${no_proxy:+,$no_proxy}"
export no_proxy
# What the tools complain about must not mix with the lines of the log.
exec 2>/dev/null
newline='
'
trailer='\n%{http_code} %{time_total} %{exitcode} %{errormsg}'
roles=latest/meta-data/iam/security-credentials/
token='' issued='' role='' key='' secret='' session='' document=''

# Takes the last answer apart: the body, and what curl wrote after it.
take() {
  end=${out##*"$newline"}
  body=${out%"$newline"*}
  http=${end%% *}
  end=${end#* }
  seconds=${end%% *}
  end=${end#* }
  code=${end%% *}
  error=${end#* }
  case "$code" in
    0) error='' ;;
    *[!0-9]* | '')
      printf '{"step":"fatal","why":"the image holds no curl, or one older than 7.75"}\n'
      exit 0
      ;;
  esac
}

# ask METHOD PATH: one request to the metadata endpoint, with the session token if there is one.
ask() {
  path=$2
  out=$({
    printf 'url = "%s/%s"\n' "$PROBE_METADATA" "$path"
    [ "$1" = GET ] || printf 'header = "X-aws-ec2-metadata-token-ttl-seconds: 21600"\n'
    [ -z "$token" ] || printf 'header = "X-aws-ec2-metadata-token: %s"\n' "$token"
  } | curl -s -g --path-as-is -m 3 -X "$1" -w "$trailer" -K -)
  take
}

# who_am_i KEY SECRET SESSION: sts:GetCallerIdentity, signed by curl.
who_am_i() {
  path=''
  out=$({
    printf 'url = "%s"\n' "$PROBE_STS"
    printf 'user = "%s:%s"\n' "$1" "$2"
    printf 'aws-sigv4 = "aws:amz:%s:sts"\n' "$PROBE_REGION"
    [ -z "$3" ] || printf 'header = "X-Amz-Security-Token: %s"\n' "$3"
    printf 'data = "Action=GetCallerIdentity&Version=2011-06-15"\n'
  } | curl -s -g -m 10 -w "$trailer" -K -)
  take
}

# field NAME: one string of the credentials document.
field() {
  printf '%s' "$document" | sed -n 's/.*"'"$1"'"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p' | sed 's/\\\//\//g'
}

# element NAME: the text of one XML element of STS's answer.
element() {
  printf '%s' "$body" | tr '\r\n' '  ' | sed -n 's/.*<'"$1"'>\([^<]*\)<\/'"$1"'>.*/\1/p'
}

# json TEXT: its first 600 characters as the inside of a JSON string; nothing if a secret is in it.
json() {
  case "$1" in *[Ss]ecret[Aa]ccess[Kk]ey* | *[Aa]ccess[Kk]ey[Ii]d*) return ;; esac
  for hidden in "$key" "$secret" "$session" "$issued"; do
    [ -n "$hidden" ] || continue
    case "$1" in *"$hidden"*) return ;; esac
  done
  printf '%s' "$1" | tr '\r\n\t' '   ' | tr -d '\000-\037\177' | cut -c 1-600 | sed 's/\\/\\\\/g; s/"/\\"/g'
}

# more NAME TEXT: one further member of a line.
more() {
  printf ',"%s":"%s"' "$1" "$(json "$2")"
}

# say STEP [MEMBERS]: the last answer as one line.
say() {
  printf '{"step":"%s","path":"/%s","http":"%s","seconds":"%s","error":"%s","body":"%s"%s}\n' \
    "$1" "$path" "$http" "$seconds" "$(json "$error")" "$(json "$body")" "$2"
}

# STS answers a bad signature with the text that it signed, session token included: show its parts only.
say_caller() {
  arn=$(element Arn)
  fault=$(element Code)
  message=$(element Message)
  body=''
  say "$1" "$(more arn "$arn")$(more code "$fault")$(more message "${message%%The Canonical String*}")"
}

# attempt NAME PATH: a request that must fail.
attempt() {
  ask GET "$2"
  leaked=false
  case "$body" in *[Ss]ecret[Aa]ccess[Kk]ey*) leaked=true ;; esac
  say "$1" ",\"leaked\":\"$leaked\""
}

# Token, listing and document come first, and once: most SDKs make one attempt when the container
# starts, and that attempt is the one to report.
printf '{"step":"start","format":"1","kind":"%s","now":"%s"}\n' "$PROBE_KIND" "$(date -u +%s)"
ask PUT latest/api/token
case "$http:$body" in
  200:*[!A-Za-z0-9+/=_.:-]*) ;;
  200:?*)
    issued=$body
    body=''
    ;;
esac
token=$issued
say token

ask GET "$roles"
first=${body%%"$newline"*}
case "$http:$first" in
  200:*[!A-Za-z0-9+=,.@_:/-]*) ;;
  200:?*) role=$first ;;
esac
listed=$http
say listing

wanted=${role:-$PROBE_OWN_ROLE}
if [ -n "$wanted" ]; then
  ask GET "$roles$wanted"
  document=$(printf '%s' "$body" | tr -d '\r\n')
  [ "$http" != 200 ] || body=''
  key=$(field AccessKeyId)
  secret=$(field SecretAccessKey)
  session=$(field Token)
  say document "$(more role "$wanted")$(more code "$(field Code)")$(more key "${key#"${key%????}"}")$(more expiration "$(field Expiration)")$(more message "$(field Message)")"
fi

token=''
ask GET -/pod-iam
canary=$http
say canary
token=$issued
ask GET latest/meta-data/placement/availability-zone
say harmless
if [ "$listed$canary$http" = 000000000 ]; then
  printf '{"step":"end"}\n'
  exit 0
fi

# A second listing tells a race at the start of the pod from a lasting refusal.
if [ "$PROBE_KIND" = identity ] && [ -z "$role" ]; then
  ask GET "$roles"
  say listing-again
fi
token=''
ask GET "$roles"
say listing-without-token
token=$issued

if [ -n "$key" ] && [ -n "$secret" ]; then
  who_am_i "$key" "$secret" "$session"
  say_caller caller
  who_am_i AKIAPODIAMINVENTED00 invented-for-the-control ''
  say_caller invented
fi

attempt other-role "$roles$PROBE_OTHER_ROLE"
attempt extended latest/meta-data/iam/security-credentials-extended/
attempt extended-role "latest/meta-data/iam/security-credentials-extended/$PROBE_OTHER_ROLE"
attempt iam-info latest/meta-data/iam/info
attempt identity-credentials latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance
printf '{"step":"end"}\n'
