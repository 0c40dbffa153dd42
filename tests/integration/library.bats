#!/usr/bin/env bats
# The definitions of services/library, as they are, with the real daemons of
# Debian's packages and the configuration that these bring: in namespaces
# where everything that they write to is a tmpfs or a copy.
# Inner shells expand what is in single quotes.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	export TEND_NET=1
	tend_setup
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	# They run as users of their own, which look for their directories.
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" \
		"$BATS_TEST_TMPDIR" "$TEND_DIR" "$TEND_RUNTIME"
	LIBRARY=$TEND_TOP/services/library
	write_entry
}

teardown() { tend_teardown; }

has_program() { # PATH PACKAGE
	[ -x "$1" ] || skip "$2 is not installed"
}

# What runs first in the namespace, before it is init.
write_entry() {
	cat >"$TEND_DIR/enter" <<-'END'
		set -e
		private() { # DIR [COPY]: a tmpfs, with what is there if COPY
			[ -d "$1" ] || return 0
			if [ -n "${2:-}" ]; then
				mkdir "$TEND_DIR/copy"
				cp -a "$1/." "$TEND_DIR/copy"
			fi
			mount -t tmpfs -o "mode=$(stat -c %a "$1")" tend "$1"
			chown --reference="$TEND_DIR" "$1"
			if [ -n "${2:-}" ]; then
				cp -a "$TEND_DIR/copy/." "$1"
				rm -r "$TEND_DIR/copy"
			fi
		}
		mkdir "$TEND_DIR/dev"
		mount -t tmpfs -o mode=755 tend "$TEND_DIR/dev"
		for node in null zero full random urandom tty; do
			: >"$TEND_DIR/dev/$node"
			mount --bind "/dev/$node" "$TEND_DIR/dev/$node"
		done
		mkdir -m 1777 "$TEND_DIR/dev/shm"
		mkdir "$TEND_DIR/dev/pts"
		mount -t devpts -o newinstance,ptmxmode=666 tend \
			"$TEND_DIR/dev/pts"
		ln -s pts/ptmx "$TEND_DIR/dev/ptmx"
		ln -s /proc/self/fd "$TEND_DIR/dev/fd"
		mount --move "$TEND_DIR/dev" /dev
		for dir in /run /var/log /var/spool/rsyslog /var/spool/cron \
			/var/lib/dbus /var/lib/postgresql /var/lib/redis \
			/var/lib/nginx /etc/postgresql; do
			private "$dir"
		done
		for dir in /etc/ssh /etc/nginx /etc/cron.d /etc/default \
			/etc/redis; do
			private "$dir" copy
		done
		. "$TEND_DIR/prepare"
		exec "$@"
	END
	: >"$TEND_DIR/prepare"
}

# The library's file of that name; what is read is `prepare` for it.
use() { # NAME...
	local name
	for name; do
		cp "$LIBRARY/$name" "$TEND_CONFIG/services/"
	done
}

library_start() {
	namespace_start sh "$TEND_DIR/enter" "$TEND_BUILD/init" \
		-c "$TEND_CONFIG" -r "$TEND_RUNTIME" || return 1
	_wait_until_serving
}

is_up() { # NAME
	svctl --timeout 60s wait "$1"
	is_state "$1" up
}

# NAME is killed; a new one comes, is ready, and CHECK... holds again.
survives_a_crash() { # NAME CHECK...
	local name=$1 pid
	shift
	pid=$(pid_of "$name")
	tend_in kill -KILL "$pid"
	wait_until 60 has_new_pid "$name" "$pid"
	is_up "$name"
	wait_until 30 "$@"
}

# So is a restart, and neither the end nor a crash of the supervisor hurts.
restarts_and_stops() { # NAME CHECK...
	local name=$1 pid old
	shift
	pid=$(pid_of "$name")
	svctl --timeout 60s restart "$name"
	wait_until 30 has_new_pid "$name" "$pid"
	wait_until 30 "$@"
	pid=$(pid_of "$name")
	old=$(supervisor_pid)
	tend_in kill -KILL "$old"
	_next() { [ -n "$(supervisor_pid)" ] && [ "$(supervisor_pid)" != "$old" ]; }
	wait_until 20 _next
	wait_until 20 is_state "$name" up
	[ "$(pid_of "$name")" = "$pid" ]
	"$@"
	svctl --timeout 60s stop "$name"
	is_state "$name" down
	tend_in sh -c '! kill -0 "$0" 2>/dev/null' "$pid"
}

# --- nginx ------------------------------------------------------------------

write_nginx() {
	cat >>"$TEND_DIR/prepare" <<-'END'
		mkdir -p /var/log/nginx /run/www
		echo 'hello from the library' >/run/www/index.html
		rm -f /etc/nginx/sites-enabled/* /etc/nginx/modules-enabled/*
		cat >/etc/nginx/conf.d/site.conf <<-'SITE'
			server {
				listen 127.0.0.1:80;
				root /run/www;
			}
		SITE
	END
}

nginx_says() { # TEXT [PORT]
	tend_in curl -sS -m 5 "http://127.0.0.1:${2:-80}/" | grep -qF "$1"
}

nginx_is_reloaded() {
	tend_in sed -i 's/127.0.0.1:80/127.0.0.1:81/' /etc/nginx/conf.d/site.conf
	svctl --timeout 30s reload "$1"
	wait_until 20 nginx_says "hello from the library" 81
	# An old worker that still listens would keep the next one from it.
	_is_free() {
		run tend_in curl -s -o "$TEND_DIR/page" -m 5 http://127.0.0.1/
		[ "$status" -eq 7 ] # nobody listens
	}
	wait_until 20 _is_free
	tend_in sed -i 's/127.0.0.1:81/127.0.0.1:80/' /etc/nginx/conf.d/site.conf
	svctl --timeout 30s reload "$1"
	wait_until 20 nginx_says "hello from the library"
	# A mistake is found before it is told: it serves as before.
	tend_in sh -c 'echo nonsense >/etc/nginx/conf.d/bad.conf'
	run svctl --timeout 30s reload "$1"
	[ "$status" -eq 1 ]
	tend_in rm /etc/nginx/conf.d/bad.conf
	wait_until 20 nginx_says "hello from the library"
	is_state "$1" up
}

nginx_passes() { # NAME
	local pid
	has_program /usr/sbin/nginx nginx
	use "$1"
	write_nginx
	library_start
	svctl --timeout 60s start "$1"
	is_up "$1"
	nginx_says "hello from the library"
	# It is nginx's own main process that is watched.
	pid=$(pid_of "$1")
	[ "$(tend_in cat /run/nginx.pid)" = "$pid" ]
	nginx_is_reloaded "$1"
	[ "$(pid_of "$1")" = "$pid" ]
	survives_a_crash "$1" nginx_says "hello from the library"
	restarts_and_stops "$1" nginx_says "hello from the library"
	tend_in sh -c '! pgrep -x nginx'
	tend_stop
}

@test "library: nginx in the foreground" {
	nginx_passes nginx
}

@test "library: nginx that forks, with a pid file (H5)" {
	nginx_passes nginx-forking
}

@test "library: nginx that forks does not take a stale pid file (H5)" {
	has_program /usr/sbin/nginx nginx
	use nginx-forking
	write_nginx
	# That of another, which lives.
	echo 'echo 1 >/run/nginx.pid' >>"$TEND_DIR/prepare"
	library_start
	svctl --timeout 60s start nginx-forking
	is_up nginx-forking
	[ "$(pid_of nginx-forking)" -gt 1 ]
	nginx_says "hello from the library"
	svctl --timeout 60s stop nginx-forking
	tend_in kill -0 1
	tend_in sh -c '! pgrep -x nginx'
}

# --- redis ------------------------------------------------------------------

redis_says() { # ANSWER COMMAND...
	local answer=$1
	shift
	[ "$(tend_in redis-cli "$@" 2>/dev/null)" = "$answer" ]
}

@test "library: redis says when it is ready, and keeps what it was given" {
	has_program /usr/bin/redis-server redis
	has_program /usr/bin/redis-cli redis-tools
	use redis
	cat >>"$TEND_DIR/prepare" <<-'END'
		install -d -o redis -g redis /var/log/redis
		chown redis:redis /var/lib/redis
		sed -i 's/^bind .*/bind 127.0.0.1/' /etc/redis/redis.conf
	END
	library_start
	is_up redis
	# Ready means that it answers: nobody waits here.
	redis_says PONG ping
	[ "$(tend_in ps -o user= -p "$(pid_of redis)" | tr -d ' ')" = redis ]
	[[ "$(field_of redis status_text)" == *"eady"* ]]
	redis_says OK set town Ulm
	redis_says OK save
	survives_a_crash redis redis_says Ulm get town
	redis_says OK set town Bern
	restarts_and_stops redis redis_says Bern get town
	tend_stop
}

# --- PostgreSQL -------------------------------------------------------------

sql() { # STATEMENT
	tend_in setpriv --reuid postgres --regid postgres --init-groups \
		psql -qAt -h /run/postgresql -d postgres -c "$1"
}

sql_says() { # ANSWER STATEMENT
	[ "$(sql "$2" 2>/dev/null)" = "$1" ]
}

@test "library: PostgreSQL, a cluster by its name, intact after kill -9" {
	has_program /usr/bin/pg_createcluster postgresql-common
	local version pid name
	version=$(find /usr/lib/postgresql -name initdb | head -n 1)
	[ -n "$version" ] || skip "postgresql is not installed"
	version=${version#/usr/lib/postgresql/}
	version=${version%%/*}
	name=postgresql@$version-main
	use postgresql@
	cat >>"$TEND_DIR/prepare" <<-END
		chown postgres:postgres /etc/postgresql /var/lib/postgresql
		install -d -o root -g postgres -m 1775 /var/log/postgresql
		install -d -o postgres -g postgres -m 2775 /run/postgresql
		pg_createcluster $version main >/run/created 2>&1 || {
			cat /run/created
			exit 1
		}
		cat >>/etc/postgresql/$version/main/postgresql.conf <<-'CONF'
			listen_addresses = '127.0.0.1'
			shared_buffers = 1MB
			max_connections = 10
		CONF
		rm -r /run/postgresql
	END
	TEND_PATIENCE=120 library_start
	svctl --timeout 120s start "$name"
	is_up "$name"
	# Ready means that it answers.
	sql_says 1 'select 1'
	pid=$(pid_of "$name")
	[ "$(tend_in ps -o user= -p "$pid" | tr -d ' ')" = postgres ]
	[ "$(tend_in head -n 1 "/var/lib/postgresql/$version/main/postmaster.pid")" = "$pid" ]
	sql 'create table t(n int); insert into t select generate_series(1, 1000)'
	sql "alter system set log_min_duration_statement = 12345"
	svctl --timeout 30s reload "$name"
	wait_until 20 sql_says 12345s 'show log_min_duration_statement' ||
		wait_until 20 sql_says 12345ms 'show log_min_duration_statement'
	survives_a_crash "$name" sql_says 1000 'select count(*) from t'
	# INT: it does not wait for a client that stays.
	tend_in setpriv --reuid postgres --regid postgres --init-groups \
		psql -q -h /run/postgresql -d postgres \
		-c 'select pg_sleep(600)' >/dev/null 2>&1 3>&- &
	_client() {
		sql_says 1 "select count(*) from pg_stat_activity where query like 'select pg_sleep%' and pid <> pg_backend_pid()"
	}
	wait_until 20 _client
	restarts_and_stops "$name" sql_says 1000 'select count(*) from t'
	tend_in sh -c '! pgrep -x postgres'
	tend_stop
}

# --- OpenSSH ----------------------------------------------------------------

ssh_in() { # COMMAND...
	tend_in ssh -F none -i "$TEND_DIR/key" -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o BatchMode=yes -p 22 \
		root@127.0.0.1 "$@" 2>/dev/null
}

ssh_says_hello() {
	[ "$(ssh_in echo hello)" = hello ]
}

@test "library: sshd; who is logged in stays when it is restarted" {
	has_program /usr/sbin/sshd openssh-server
	has_program /usr/bin/ssh openssh-client
	use sshd
	cat >>"$TEND_DIR/prepare" <<-END
		ssh-keygen -q -t ed25519 -N '' -f "$TEND_DIR/key"
		cp "$TEND_DIR/key.pub" /run/keys
		echo "SSHD_OPTS='-o AuthorizedKeysFile=/run/keys -o UsePAM=no -o StrictModes=no -o ListenAddress=127.0.0.1'" >/etc/default/ssh
	END
	library_start
	is_up sshd
	ssh_says_hello
	ssh_in 'echo in >/run/session; exec sleep 600' 3>&- &
	local session=$! pid
	wait_until 20 tend_in test -s /run/session
	svctl --timeout 30s reload sshd
	wait_until 20 ssh_says_hello
	tend_in sh -c 'echo nonsense >>/etc/ssh/sshd_config'
	run svctl --timeout 30s reload sshd
	[ "$status" -eq 1 ]
	tend_in sed -i '$d' /etc/ssh/sshd_config
	pid=$(pid_of sshd)
	svctl --timeout 30s restart sshd
	wait_until 20 has_new_pid sshd "$pid"
	wait_until 20 ssh_says_hello
	kill -0 "$session"
	tend_in pgrep -f 'sleep 600'
	restarts_and_stops sshd ssh_says_hello
	tend_in pkill -f 'sleep 600' || true
	wait "$session" || true
}

# --- D-Bus, rsyslog and cron ------------------------------------------------

bus_answers() {
	tend_in dbus-send --system --print-reply --dest=org.freedesktop.DBus \
		/ org.freedesktop.DBus.ListNames 2>/dev/null |
		grep -qF org.freedesktop.DBus
}

@test "library: dbus-daemon" {
	has_program /usr/bin/dbus-daemon dbus-daemon
	has_program /usr/bin/dbus-send dbus-bin
	id messagebus >/dev/null 2>&1 || skip "there is no user messagebus"
	use dbus
	library_start
	is_up dbus
	bus_answers
	local pid
	pid=$(pid_of dbus)
	svctl --timeout 30s reload dbus
	bus_answers
	[ "$(pid_of dbus)" = "$pid" ]
	survives_a_crash dbus bus_answers
	restarts_and_stops dbus bus_answers
}

# imklog would take the messages of the machine's kernel.
write_rsyslog() {
	cat >>"$TEND_DIR/prepare" <<-'END'
		sed '/imklog/d' /etc/rsyslog.conf >/run/rsyslog.conf
		mount --bind /run/rsyslog.conf /etc/rsyslog.conf
	END
}

syslog_takes() {
	tend_in logger -t tend-test "$1"
	wait_until 10 tend_in grep -qF "tend-test: $1" /var/log/user.log ||
		tend_in grep -qF "tend-test: $1" /var/log/syslog
}

@test "library: rsyslog says when it is ready, over sd_notify" {
	has_program /usr/sbin/rsyslogd rsyslog
	use rsyslog
	write_rsyslog
	library_start
	is_up rsyslog
	syslog_takes first
	svctl --timeout 30s reload rsyslog
	syslog_takes second
	survives_a_crash rsyslog syslog_takes third
	# `provides`: a verb takes the other name.
	run -0 svctl status syslog
	restarts_and_stops rsyslog syslog_takes fourth
}

@test "library: cron runs a job, after the log that it writes to" {
	has_program /usr/sbin/cron cron
	has_program /usr/sbin/rsyslogd rsyslog
	use cron rsyslog
	write_rsyslog
	cat >>"$TEND_DIR/prepare" <<-'END'
		mkdir -m 1730 /var/spool/cron/crontabs
		echo '@reboot root echo ran >>/run/job; exec sleep 600' \
			>/etc/cron.d/job
	END
	library_start
	is_up rsyslog
	is_up cron
	wait_until 30 tend_in grep -q ran /run/job
	wait_until 30 tend_in grep -rqF 'sleep 600' /var/log/syslog
	local pid
	pid=$(pid_of cron)
	tend_in kill -KILL "$pid"
	wait_until 30 has_new_pid cron "$pid"
	# The job is left alone, and is not run again.
	tend_in pgrep -f 'sleep 600'
	[ "$(tend_in cat /run/job)" = ran ]
	restarts_and_stops cron true
	tend_in pgrep -f 'sleep 600'
}
