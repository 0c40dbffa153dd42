#!/usr/bin/env bats
# Real daemons of Debian's packages, in a network of their own.
# Inner shells expand what is in single quotes.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	export TEND_NET=1
	tend_setup
	# nginx gives its workers another user, which a namespace of a plain
	# user does not have.
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	[ -x /usr/sbin/nginx ] || skip "nginx is not installed"
	command -v redis-server >/dev/null || skip "redis is not installed"
	write_redis
	write_nginx
}

teardown() { tend_teardown; }

write_redis() {
	local as=
	if [ "$(id -u)" -eq 0 ] && id redis >/dev/null 2>&1; then
		as="user = redis"
		chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" \
			"$BATS_TEST_TMPDIR" "$TEND_DIR"
	fi
	mkdir "$TEND_DIR/redis"
	[ -z "$as" ] || chown redis "$TEND_DIR/redis"
	service redis <<-END
		description = key-value store
		command = redis-server --port 6379 --bind 127.0.0.1 --save "" --appendonly no --daemonize no --dir $TEND_DIR/redis
		working-directory = $TEND_DIR/redis
		restart-delay = 0
		log = file
		$as
	END
}

write_nginx() {
	mkdir -p "$TEND_DIR/nginx/www"
	echo "hello from tend" >"$TEND_DIR/nginx/www/index.html"
	chmod 755 "$TEND_DIR/nginx" "$TEND_DIR/nginx/www"
	cat >"$TEND_DIR/nginx/nginx.conf" <<-END
		worker_processes 2;
		pid $TEND_DIR/nginx/pid;
		error_log stderr;
		events { worker_connections 64; }
		http {
			access_log off;
			client_body_temp_path $TEND_DIR/nginx/body;
			proxy_temp_path $TEND_DIR/nginx/proxy;
			fastcgi_temp_path $TEND_DIR/nginx/fastcgi;
			uwsgi_temp_path $TEND_DIR/nginx/uwsgi;
			scgi_temp_path $TEND_DIR/nginx/scgi;
			server {
				listen 127.0.0.1:8080;
				root $TEND_DIR/nginx/www;
			}
		}
	END
	service nginx <<-END
		description = web server
		command = /usr/sbin/nginx -e stderr -c $TEND_DIR/nginx/nginx.conf -g 'daemon off;'
		requires = redis
		reload-signal = HUP
		stop-signal = QUIT
		restart-delay = 0
		log = file
	END
}

# Sends TEXT to PORT on loopback inside the namespace; has the answer ANSWER?
answers() { # PORT TEXT ANSWER
	tend_in timeout 5 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
		printf "$2" >&3
		while read -r -t 2 line <&3; do
			[[ "$line" != *"$3"* ]] || exit 0
		done
		exit 1' bash "$@" 2>/dev/null
}

redis_answers() {
	answers 6379 'PING\r\n' '+PONG'
}

nginx_answers() {
	answers 8080 'GET / HTTP/1.0\r\n\r\n' 'hello from tend'
}

both_answer() {
	svctl --timeout 15s wait redis nginx
	wait_until 15 redis_answers
	wait_until 15 nginx_answers
}

# Processes of PROGRAM that are alive.
count_of() { # PROGRAM
	tend_in ps -eo stat=,comm= | awk -v n="$1" '
		$1 !~ /^Z/ && $2 == n { count++ } END { print count + 0 }'
}

has_count() { # PROGRAM COUNT
	[ "$(count_of "$1")" -eq "$2" ]
}

# Nobody of the process group that PID led.
is_group_gone() { # PID
	! tend_in ps -eo stat=,pgid= | awk -v g="$1" '
		$1 !~ /^Z/ && $2 == g { found = 1 } END { exit !found }'
}

@test "nginx and redis start in order, answer, and stop with nothing left" {
	tend_start
	both_answer
	local nginx redis
	redis=$(pid_of redis)
	nginx=$(pid_of nginx)
	[ "$redis" -lt "$nginx" ]
	has_count nginx 3
	[ "$(tend_in ps -o ppid= -p "$nginx" | tr -d ' ')" = "$(supervisor_pid)" ]
	if id redis >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ]; then
		[ "$(tend_in ps -o user= -p "$redis" | tr -d ' ')" = redis ]
	fi
	log_of redis | grep -qi "ready to accept"
	svctl stop redis
	is_state nginx down
	is_state redis down
	[ "$(count_of nginx)" -eq 0 ]
	[ "$(count_of redis-server)" -eq 0 ]
	is_group_gone "$nginx"
	is_group_gone "$redis"
	run nginx_answers
	[ "$status" -ne 0 ]
	# Nothing but init and the supervisor.
	[ "$(process_count)" -eq 2 ]
	svctl start nginx
	both_answer
	tend_stop
	[ "$tend_status" -eq 0 ]
}

@test "kill -9 to nginx's main: a new one, and no old worker beside it" {
	tend_start
	both_answer
	local nginx redis round old_workers worker
	redis=$(pid_of redis)
	for round in 1 2 3; do
		wait_until 10 has_count nginx 3
		nginx=$(pid_of nginx)
		old_workers=$(tend_in pgrep -P "$nginx")
		tend_in kill -KILL "$nginx"
		wait_until 15 has_new_pid nginx "$nginx"
		wait_until 15 nginx_answers
		is_group_gone "$nginx"
		for worker in $old_workers; do
			run ! tend_in kill -0 "$worker" 2>/dev/null
		done
		wait_until 10 has_count nginx 3
	done
	[ "$(field_of nginx restarts)" -eq "$round" ]
	[ "$(pid_of redis)" = "$redis" ]
}

@test "kill -9 to redis: restarted, nginx above it does not notice" {
	tend_start
	both_answer
	local nginx redis
	redis=$(pid_of redis)
	nginx=$(pid_of nginx)
	tend_in kill -KILL "$redis"
	wait_until 15 has_new_pid redis "$redis"
	both_answer
	[ "$(pid_of nginx)" = "$nginx" ]
	is_group_gone "$redis"
	has_count redis-server 1
	[ "$(field_of redis exit_signal)" = null ] ||
		[ "$(field_of redis exit_signal)" = KILL ]
}

@test "restart and reload of nginx, by svctl and by echo" {
	tend_start
	both_answer
	local nginx old
	nginx=$(pid_of nginx)
	svctl restart nginx
	[ "$(pid_of nginx)" != "$nginx" ]
	wait_until 15 nginx_answers
	is_group_gone "$nginx"
	nginx=$(pid_of nginx)
	echo restart nginx >"$TEND_RUNTIME/control"
	wait_until 15 has_new_pid nginx "$nginx"
	wait_until 15 nginx_answers
	nginx=$(pid_of nginx)
	wait_until 10 has_count nginx 3
	old=$(tend_in pgrep -P "$nginx" | sort)
	sed -i 's/8080/8081/' "$TEND_DIR/nginx/nginx.conf"
	svctl reload nginx
	_moved() { answers 8081 'GET / HTTP/1.0\r\n\r\n' 'hello from tend'; }
	wait_until 15 _moved
	[ "$(pid_of nginx)" = "$nginx" ]
	_has_new_workers() {
		[ "$(tend_in pgrep -P "$nginx" | sort)" != "$old" ]
	}
	wait_until 10 _has_new_workers
}

@test "the supervisor is killed: nginx and redis answer on, then stop" {
	tend_start
	both_answer
	local nginx redis old
	redis=$(pid_of redis)
	nginx=$(pid_of nginx)
	old=$(supervisor_pid)
	tend_in kill -KILL "$old"
	nginx_answers
	redis_answers
	_next() { [ -n "$(supervisor_pid)" ] && [ "$(supervisor_pid)" != "$old" ]; }
	wait_until 10 _next
	svctl --timeout 10s wait nginx redis
	[ "$(pid_of nginx)" = "$nginx" ]
	[ "$(pid_of redis)" = "$redis" ]
	svctl --timeout 10s restart nginx
	wait_until 15 nginx_answers
	is_group_gone "$nginx"
	svctl --timeout 10s stop redis
	[ "$(process_count)" -eq 2 ]
}

@test "a configuration that nginx refuses ends in backoff with its words" {
	echo "nonsense;" >>"$TEND_DIR/nginx/nginx.conf"
	printf 'restart-delay = 1h\n' | service nginx.d/slow.conf
	tend_start
	wait_until 15 is_state nginx backoff
	run -0 svctl why nginx
	[[ "$output" == *"exited 1"* ]]
	_said() { log_of nginx | grep -q nonsense; }
	wait_until 10 _said
	is_state redis up
}
