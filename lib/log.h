/*
 * Messages to stderr, a line each: "PROGRAM: TEXT". One write(2) a line, never
 * blocking for long: a terminal or pipe that takes nothing loses the line.
 *
 * error: an operator must act. warn: handled. info: a state changed.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

enum log_level {
	LOG_ERROR = 0,
	LOG_WARN = 1,
	LOG_INFO = 2
};

/* program is kept, not copied. Lines above level are dropped. */
void log_setup(const char *program, enum log_level level);

/*
 * Opens what is behind the descriptor once more, for good, so that a line is
 * one system call; to be called again when the descriptor is another's.
 */
void log_keep_open(void);

/* fmt_printf's formats. errno is unchanged afterwards. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* %m is no ISO C; __extension__ says that we know, for each call. */
#define log_error(...) __extension__ log_error(__VA_ARGS__)
#define log_warn(...)  __extension__ log_warn(__VA_ARGS__)
#define log_info(...)  __extension__ log_info(__VA_ARGS__)

#endif
