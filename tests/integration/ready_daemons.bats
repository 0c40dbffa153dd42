#!/usr/bin/env bats
# Readiness as daemons of others tell it.

bats_require_minimum_version 1.5.0

load ../helpers/common

setup() {
	tend_setup
	export TEND_NET=1
}
teardown() { tend_teardown; }

@test "systemd-notify: its message counts, and its barrier is answered" {
	command -v systemd-notify >/dev/null || skip "systemd-notify is not installed"
	# A child of main says so for main, which root may, and waits for us.
	service script <<-END
		command = sh -c 'read -r x <$TEND_DIR/go; systemd-notify --ready --status="all is well"; echo \$? >$TEND_DIR/status; exec sleep 1000'
		ready = notify
		notify-access = all
	END
	mkfifo "$TEND_DIR/go"
	tend_start
	run -7 svctl --timeout 300ms wait script
	echo x >"$TEND_DIR/go"
	svctl --timeout 10s wait script
	_ended() { [ -s "$TEND_DIR/status" ]; }
	wait_until 10 _ended
	[ "$(cat "$TEND_DIR/status")" = 0 ]
	[ "$(field_of script status_text)" = "all is well" ]
}

@test "redis: supervised systemd says when it is ready, and what it does" {
	command -v redis-server >/dev/null || skip "redis is not installed"
	mkdir "$TEND_DIR/redis"
	service redis <<-END
		command = redis-server --supervised systemd --port 0 --unixsocket $TEND_DIR/redis/sock --dir $TEND_DIR/redis
		ready = notify
		health = unix:$TEND_DIR/redis/sock
		health-interval = 100ms
	END
	tend_start
	svctl --timeout 20s wait redis
	[ "$(field_of redis status_text)" = "Ready to accept connections" ]
	run -7 svctl --timeout 500ms wait redis --for down
	svctl --timeout 10s stop redis
	[ "$(field_of redis exit_code)" = 0 ]
}

@test "nginx: ready by http, watched by http" {
	[ -x /usr/sbin/nginx ] || skip "nginx is not installed"
	[ "$(id -u)" -eq 0 ] || skip "its workers need another user"
	mkdir "$TEND_DIR/nginx"
	cat >"$TEND_DIR/nginx.conf" <<-END
		daemon off;
		pid $TEND_DIR/nginx/pid;
		error_log stderr;
		events {}
		http {
			access_log off;
			client_body_temp_path $TEND_DIR/nginx/a;
			proxy_temp_path $TEND_DIR/nginx/b;
			fastcgi_temp_path $TEND_DIR/nginx/c;
			uwsgi_temp_path $TEND_DIR/nginx/d;
			scgi_temp_path $TEND_DIR/nginx/e;
			server {
				listen 127.0.0.1:7080;
				location = /good { return 204; }
				location = /moved { return 301 /good; }
				location = /bad { return 500; }
			}
		}
	END
	service web <<-END
		command = /usr/sbin/nginx -c $TEND_DIR/nginx.conf
		ready = http://127.0.0.1:7080/moved
		health = http://127.0.0.1:7080/good
		health-interval = 100ms
	END
	service pidfile <<-END
		command = /usr/sbin/nginx -c $TEND_DIR/nginx.conf
		ready = pid-file
		pid-file = $TEND_DIR/nginx/pid
		autostart = no
	END
	tend_start
	svctl --timeout 20s wait web
	run -7 svctl --timeout 500ms wait web --for down
	printf 'health = http://127.0.0.1:7080/bad\nrestart-delay = 30s\nhealth-interval = 50ms\n' |
		service web.d/bad.conf
	svctl apply
	wait_until 10 is_state web backoff
	svctl --timeout 10s stop web
	svctl --timeout 10s start pidfile
}
