# What a diagnostic pod of pod-iam runs: POSIX sh and curl 7.75 or newer. No other program is needed, and
# few processes are started, because in a small container one that fails would go unnoticed.
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
# PROBE_CONTAINER  the container credentials endpoint, if the workload asks there; or empty
# PROBE_CONTAINER_TOKEN  the file of the token that it sends there; or empty
# PROBE_CONTAINER_OTHER  the file of a token for another audience; or empty

LC_ALL=C
export LC_ALL
no_proxy="169.254.169.254,169.254.170.23,fd00:ec2::23,127.0.0.1${no_proxy:+,$no_proxy}"
export no_proxy
# What the shell complains about must not mix with the lines of the log.
exec 2>/dev/null
newline='
'
special='["\\[:cntrl:]]'
trailer='\n%{http_code} %{time_total} %{exitcode} %{errormsg}'
roles=latest/meta-data/iam/security-credentials/
token='' issued='' role='' key='' secret='' session='' document=''
bearer='' stranger='' key_by_token='' secret_by_token='' session_by_token='' container=000

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
      printf '{"step":"fatal","why":"curl cannot be run: the image holds none, or one older than 7.75"}\n'
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

# present TOKEN: one request to the container credentials endpoint, with this token if there is one.
present() {
  path=${PROBE_CONTAINER#*://*/}
  out=$({
    printf 'url = "%s"\n' "$PROBE_CONTAINER"
    [ -z "$1" ] || printf 'header = "Authorization: %s"\n' "$1"
  } | curl -s -g --path-as-is -m 3 -w "$trailer" -K -)
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

# between TEXT BEFORE AFTER: sets $value to what stands between two marks; empty if they are not there.
between() {
  value=''
  case "$1" in *"$2"*"$3"*)
    value=${1#*"$2"}
    value=${value%%"$3"*}
    ;;
  esac
}

# field NAME: sets $value to one string of the credentials document.
field() {
  value=''
  case "$document" in *"\"$1\""*) ;; *) return ;; esac
  rest=${document#*"\"$1\""}
  between "$rest" '"' '"'
  while :; do
    case "$value" in *'\/'*) value=${value%%'\/'*}/${value#*'\/'} ;; *) break ;; esac
  done
}

# keep: takes the credentials out of the last answer, and leaves nothing of them in the body.
keep() {
  document=$body
  [ "$http" != 200 ] || body=''
  field AccessKeyId
  key=$value
  field SecretAccessKey
  secret=$value
  field Token
  session=$value
  field Code
  more code "$value"
  more key "${key#"${key%????}"}"
  field Expiration
  more expiration "$value"
  field Message
  more message "$value"
}

# json TEXT: sets $text to its first 600 characters as the inside of a JSON string; to nothing if a
# secret is in it.
json() {
  text=''
  case "$1" in *[Ss]ecret[Aa]ccess[Kk]ey* | *[Aa]ccess[Kk]ey[Ii]d*) return ;; esac
  for hidden in "$key" "$secret" "$session" "$issued" "$bearer" "$stranger" \
    "$key_by_token" "$secret_by_token" "$session_by_token"; do
    [ -n "$hidden" ] || continue
    case "$1" in *"$hidden"*) return ;; esac
  done
  rest=$1
  [ ${#rest} -le 600 ] || rest=$(printf '%.600s' "$rest")
  while :; do
    case "$rest" in *$special*) ;; *) break ;; esac
    plain=${rest%%$special*}
    rest=${rest#"$plain"}
    case "$rest" in
      [\"\\]*) text="$text$plain\\${rest%"${rest#?}"}" ;;
      *) text="$text$plain " ;;
    esac
    rest=${rest#?}
  done
  text=$text$rest
}

# more NAME TEXT: adds one further member to the next line.
more() {
  json "$2"
  members="$members,\"$1\":\"$text\""
}

# say STEP: the last answer as one line.
say() {
  json "$error"
  shown=$text
  json "$body"
  printf '{"step":"%s","path":"/%s","http":"%s","seconds":"%s","error":"%s","body":"%s"%s}\n' \
    "$1" "$path" "$http" "$seconds" "$shown" "$text" "$members"
  members=''
}

# STS answers a bad signature with the text that it signed, session token included: show its parts only.
say_caller() {
  between "$body" '<Arn>' '</Arn>'
  more arn "$value"
  between "$body" '<Code>' '</Code>'
  more code "$value"
  between "$body" '<Message>' '</Message>'
  more message "${value%%The Canonical String*}"
  body=''
  say "$1"
}

# attempt NAME PATH: a request that must fail.
attempt() {
  ask GET "$2"
  must_fail "$1"
}

# must_fail NAME: the last answer as one that should be a no.
must_fail() {
  leaked=false
  case "$body" in *[Ss]ecret[Aa]ccess[Kk]ey*) leaked=true ;; esac
  more leaked "$leaked"
  document=$body
  field Code
  more code "$value"
  say "$1"
}

members=''
# Token, listing and document come first, and once: most SDKs make one attempt when the container
# starts, and that attempt is the one to report.
printf '{"step":"start","format":"1","kind":"%s","now":"%s"}\n' "$PROBE_KIND" "$(date -u +%s)"
if [ -n "$PROBE_CONTAINER" ]; then
  [ -z "$PROBE_CONTAINER_TOKEN" ] || IFS= read -r bearer <"$PROBE_CONTAINER_TOKEN"
  [ -z "$PROBE_CONTAINER_OTHER" ] || IFS= read -r stranger <"$PROBE_CONTAINER_OTHER"
  present "$bearer"
  container=$http
  keep
  say container
  key_by_token=$key secret_by_token=$secret session_by_token=$session
  key='' secret='' session=''
fi

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
  more role "$wanted"
  keep
  say document
fi

token=''
ask GET -/pod-iam
# A daemon that has not seen this pod yet gets a second chance here: whether it was in time is told by
# the listing above, and the canary is to tell whom it takes the pod for.
case "$body" in
  *'"pod-iam":true'*'"caller":null'*)
    sleep 2
    ask GET -/pod-iam
    ;;
esac
canary=$http
say canary
token=$issued
ask GET latest/meta-data/placement/availability-zone
say harmless
if [ "$listed$canary$http$container" = 000000000000 ]; then
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
fi
if [ -n "$key_by_token" ] && [ -n "$secret_by_token" ]; then
  who_am_i "$key_by_token" "$secret_by_token" "$session_by_token"
  say_caller container-caller
fi
if [ -n "$secret$secret_by_token" ]; then
  who_am_i AKIAPODIAMINVENTED00 invented-for-the-control ''
  say_caller invented
fi

attempt other-role "$roles$PROBE_OTHER_ROLE"
attempt extended latest/meta-data/iam/security-credentials-extended/
attempt extended-role "latest/meta-data/iam/security-credentials-extended/$PROBE_OTHER_ROLE"
attempt iam-info latest/meta-data/iam/info
attempt identity-credentials latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance
# What must be refused there, as the same pod was served by its own token a moment ago.
if [ "$container" != 000 ]; then
  present ''
  must_fail no-token
  if [ -n "$bearer" ]; then
    present "${bearer%.*}.aW52ZW50ZWQtZm9yLXRoZS1jb250cm9s"
    must_fail forged-token
    present "$stranger"
    must_fail other-audience
  fi
fi
printf '{"step":"end"}\n'
