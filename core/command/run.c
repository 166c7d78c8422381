#include <getopt.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/log.h"
#include "command/command.h"
#include "command/gateway.h"

/* What getopt_long() gives for options without a letter. */
enum { OPTION_STATE = 256, OPTION_LOG, OPTION_SPEED, OPTION_ELSEWHERE };

static int
run(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"conf", required_argument, NULL, 'c'},
        {"state", required_argument, NULL, OPTION_STATE},
        {"log", required_argument, NULL, OPTION_LOG},
        {"speed", required_argument, NULL, OPTION_SPEED},
        {"elsewhere", required_argument, NULL, OPTION_ELSEWHERE},
        {NULL, 0, NULL, 0},
    };
    struct gateway_options gateway = {.conf_file = "gateway.conf"};
    struct clock_speed speed;
    int option, level;
    while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
        switch (option) {
        case 'c': gateway.conf_file = optarg; break;
        case OPTION_STATE: gateway.state = optarg; break;
        case OPTION_LOG:
            level = log_level_of(optarg);
            if (level < 0)
                return command_misused(
                    command, "--log: '%s' is none of debug, info, warn, error", optarg);
            log_set_level(level);
            break;
        case OPTION_SPEED:
            if (!clock_parse_speed(optarg, &speed))
                return command_misused(
                    command, "--speed: '%s' is not a factor; write 30", optarg);
            clock_set_speed(&speed);
            break;
        case OPTION_ELSEWHERE:
            if (gateway.move_count == LOCAL_MOVES_MAX ||
                !local_read_move(optarg, &gateway.moves[gateway.move_count]))
                return command_misused(command,
                                       "--elsewhere: '%s' is not FROM=TO; write "
                                       "127.0.0.1:9000=127.0.0.1:9001",
                                       optarg);
            gateway.move_count++;
            break;
        default: return command_wrong_option(command, options, argv);
        }
    }
    if (optind < argc)
        return command_misused(command, "unexpected '%s'", argv[optind]);
    return gateway_run(&gateway);
}

const struct command command_run = {
    .name = "run",
    .arguments = "[-c FILE] [--state DIR] [--log LEVEL] [--speed X]",
    .sentence = "runs the gateway until it is told to stop",
    .help =
        "  -c, --conf FILE   the configuration (default gateway.conf)\n"
        "  --state DIR       keep the state there instead of where FILE says\n"
        "  --log LEVEL       debug, info (default), warn or error\n"
        "  --speed X         time runs X times as fast, as in a demo: wall clock and\n"
        "                    waits; network time-outs and limits of scripts stay real\n"
        "  --elsewhere A=B   what FILE has at the address A (127.0.0.1:9000) is at B;\n"
        "                    A=B,CA: a centre with another ca_file\n"
        "\n"
        "SIGHUP reloads configuration and scripts: load, check, swap; what does not\n"
        "load changes nothing. SIGTERM finishes what is in flight and ends; a second\n"
        "one ends at once.\n",
    .run = run,
};
