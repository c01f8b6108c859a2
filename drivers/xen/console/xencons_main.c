// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which domain, which mode, which transport; the order of init and undo.
 *
 * Built in, printk gets its console at console_initcall time, when there are no
 * interrupts yet, and the tty and the interrupt follow at device_initcall time. A
 * module does it all at once.
 */
#define pr_fmt(fmt) "xencons: " fmt

#include <linux/console.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/kmsg_dump.h>
#include <linux/major.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include <xen/xen.h>
#include <xen/xencons.h>

#include "xencons.h"
#include "xencons_compat.h"
#include "xencons_param.h"
#include "xencons_takeover.h"

/* The device number registered for /dev/xvc0 (admin-guide/devices.txt). */
#define XENCONS_XVC_MAJOR	204
#define XENCONS_XVC_MINOR	191

/* And for /dev/hvc0, from minor 0 on. */
#define XENCONS_HVC_MAJOR	229

/* ttyS numbers the 8250 driver takes, whether it finds ports or not. */
#if IS_ENABLED(CONFIG_SERIAL_8250)
#define XENCONS_8250_LINES	CONFIG_SERIAL_8250_NR_UARTS
#else
#define XENCONS_8250_LINES	0
#endif

static struct xencons_where xencons_where;
static enum xencons_transport xencons_transport;
static unsigned int xencons_bufsz = XENCONS_BUFSZ_DEFAULT;

/* The primary console, NULL if there is none. */
static struct xencons *xencons;

/* Whether this domain's consoles are ours, if it has any; and whether channels are. */
static bool xencons_serve __initdata;
static bool xencons_channels;

/*
 * Parameters: xencons=, xencons_transport= and xencons_bufsz= on the kernel command line
 * if built in, xencons.mode=, xencons.transport= and xencons.bufsz= there, or mode= and so
 * on for modprobe.
 */

static int xencons_set_mode(const char *val, const struct kernel_param *kp)
{
	if (xencons_param_where(val, &xencons_where))
		pr_warn("mode \"%.32s\" ignored, it is none of " XENCONS_PARAM_MODES "\n",
			val);
	return 0;
}

static int xencons_set_transport(const char *val, const struct kernel_param *kp)
{
	if (xencons_param_transport(val, &xencons_transport))
		pr_warn("transport \"%.32s\" ignored, it is none of " XENCONS_PARAM_TRANSPORTS "\n",
			val);
	return 0;
}

static int xencons_set_bufsz(const char *val, const struct kernel_param *kp)
{
	if (xencons_param_bufsz(val, &xencons_bufsz))
		pr_warn("buffer size \"%.32s\" ignored, it is not " XENCONS_PARAM_SIZES "\n",
			val);
	return 0;
}

static int xencons_get_mode(char *buf, const struct kernel_param *kp)
{
	if (!xencons)
		return sysfs_emit(buf, "off\n");
	return sysfs_emit(buf, "%s%u\n", xencons->line.name,
			  xencons->line.num);
}

static int xencons_get_transport(char *buf, const struct kernel_param *kp)
{
	if (!xencons)
		return sysfs_emit(buf, "off\n");
	return sysfs_emit(buf, "%s\n",
			  xencons_transport == XENCONS_TRANSPORT_HV ? "hv" : "ring");
}

static int xencons_get_bufsz(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%u\n",
			  xencons ? xencons->output.user.size : xencons_bufsz);
}

static const struct kernel_param_ops xencons_mode_ops = {
	.set = xencons_set_mode,
	.get = xencons_get_mode,
};

static const struct kernel_param_ops xencons_transport_ops = {
	.set = xencons_set_transport,
	.get = xencons_get_transport,
};

static const struct kernel_param_ops xencons_bufsz_ops = {
	.set = xencons_set_bufsz,
	.get = xencons_get_bufsz,
};

/* The object is called xen-console, but who boots says xencons. */
#ifndef MODULE
#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "xencons."
#endif
module_param_cb(mode, &xencons_mode_ops, NULL, 0444);
MODULE_PARM_DESC(mode, "Where the console appears: " XENCONS_PARAM_MODES);
module_param_cb(transport, &xencons_transport_ops, NULL, 0444);
MODULE_PARM_DESC(transport, "Which way to the backend: " XENCONS_PARAM_TRANSPORTS);
module_param_cb(bufsz, &xencons_bufsz_ops, NULL, 0444);
MODULE_PARM_DESC(bufsz, "Size of each of the two output queues: "
		 XENCONS_PARAM_SIZES);

static void __init xencons_line_xvc(struct xencons_line *line)
{
	line->name = "xvc";
	line->num = 0;
	line->major = XENCONS_XVC_MAJOR;
	line->minor = XENCONS_XVC_MINOR;
}

static void __init xencons_line_set(struct xencons_line *line,
				    const struct xencons_where *where)
{
	switch (where->mode) {
	case XENCONS_MODE_TTY:
		line->name = "tty";
		line->num = where->num;
		line->major = TTY_MAJOR;
		line->minor = where->num;
		break;
	case XENCONS_MODE_TTYS:
		line->name = "ttyS";
		line->num = where->num;
		line->major = TTY_MAJOR;
		line->minor = 64 + where->num;
		break;
	case XENCONS_MODE_HVC:
		line->name = "hvc";
		line->num = where->num;
		line->major = XENCONS_HVC_MAJOR;
		line->minor = where->num;
		break;
	default:
		xencons_line_xvc(line);
		break;
	}
}

/*
 * Who owns the numbers of a mode in this kernel, NULL for nobody. Asked before
 * anything is registered: our initcalls come first, and a driver of real hardware
 * must not find its numbers taken.
 */
static const char * __init
xencons_line_owner(const struct xencons_where *where)
{
	if (where->mode == XENCONS_MODE_TTY && IS_ENABLED(CONFIG_VT))
		return "the virtual terminals";
	if (where->mode == XENCONS_MODE_TTYS && where->num < XENCONS_8250_LINES)
		return "the 8250 serial driver";
	if (where->mode == XENCONS_MODE_HVC && IS_ENABLED(CONFIG_HVC_DRIVER))
		return "the hvc drivers";
	return NULL;
}

/*
 * Whether another driver's console is asked for: "xencons=hvc" is also what is said to
 * a kernel that has hvc_xen.
 */
static bool __init xencons_left_alone(void)
{
	const char *owner = xencons_line_owner(&xencons_where);

	if (xencons_where.mode != XENCONS_MODE_HVC || !owner)
		return false;
	pr_warn("hvc%u belongs to %s, nothing done\n", xencons_where.num, owner);
	return true;
}

#define XENCONS_MOVED	"%s%u belongs to %s, using xvc0\n"

/* Decide where the console appears; one warning if not where it was asked to. */
static void __init xencons_place(void)
{
	bool asked = xencons_where.mode != XENCONS_MODE_DEFAULT;
	struct xencons_line *line = &xencons->line;
	const char *owner;

	if (!asked) {
		bool dom0 = xen_initial_domain();

		xencons_where.mode = dom0 ? XENCONS_MODE_TTYS : XENCONS_MODE_TTY;
		xencons_where.num = dom0 ? 0 : 1;
	}

	xencons_line_set(line, &xencons_where);
	owner = xencons_line_owner(&xencons_where);
	if (!owner)
		return;
	if (asked)
		pr_warn(XENCONS_MOVED, line->name, line->num, owner);
	else
		pr_info(XENCONS_MOVED, line->name, line->num, owner);
	xencons_line_xvc(line);
}

/* Whether the console is to be the hypervisor's, and may be. */
static bool __init xencons_wants_hv(void)
{
	int err;

	if (xencons_transport == XENCONS_TRANSPORT_AUTO)
		return xen_initial_domain();
	if (xencons_transport == XENCONS_TRANSPORT_RING)
		return false;

	err = xencons_hv_probe();
	if (err < 0)
		pr_warn("the hypervisor keeps its console from this domain: error %d, using the shared ring\n",
			err);
	return err >= 0;
}

/* Where there is no other way a dom0 has the hypervisor's console. */
static struct xencons * __init xencons_create(void)
{
	bool hv = xencons_wants_hv();
	struct xencons *xc;

	xc = hv ? xencons_hv_create() : xencons_primary_create(xencons_bufsz);
	if (xen_initial_domain() && PTR_ERR(xc) == -ENODEV) {
		pr_warn("no shared ring in this dom0, using the hypervisor's console\n");
		hv = true;
		xc = xencons_hv_create();
	}
	xencons_transport = hv ? XENCONS_TRANSPORT_HV : XENCONS_TRANSPORT_RING;
	return xc;
}

/*
 * Find the transport. Fails quietly with -ENODEV where there is no console; there may be
 * channels.
 */
static int __init xencons_find(void)
{
	struct xencons *xc;

	if (!xen_domain() || xencons_where.mode == XENCONS_MODE_OFF ||
	    xencons_left_alone())
		return -ENODEV;

	xencons_serve = true;
	xc = xencons_create();
	if (IS_ERR(xc))
		return PTR_ERR(xc);

	xencons = xc;
	return 0;
}

/* What programs expect beside a ttyN: tty0, and the others up to tty63. */
static void __init xencons_add_terminals(void)
{
	const struct xencons_line *line = &xencons->line;
	int err;

	if (line->major != TTY_MAJOR || line->minor >= 64)
		return;
	err = xencons_tty0_register(xencons);
	if (err)
		pr_warn("no tty0: error %d\n", err);
	err = xencons_dummy_register(line->num);
	if (err)
		pr_warn("no terminals beside %s%u: error %d\n", line->name,
			line->num, err);
}

/**
 * xencons_force_flush() - last words: print what printk still has, and wait until
 * the backend took all output
 *
 * For a machine that goes down: the backend reads nothing from a domain that is
 * gone. From now on printk waits for the backend, too.
 *
 * Context: any. Bounded, see xencons_flush().
 */
void xencons_force_flush(void)
{
	if (!xencons)
		return;
	WRITE_ONCE(xencons->wire.last_words, true);
	xencons_printk_flush();
	xencons_flush(&xencons->output);
}

/*
 * Called when a machine goes down, after the last message was printed, and when it
 * restarts after a panic. A panic with a crash kernel loaded comes straight to
 * xencons_force_flush(), from xen_reboot().
 */
static void
xencons_last_words(struct kmsg_dumper *dumper, kmsg_dump_arg_t arg)
{
	if (kmsg_dump_arg_reason(arg) != KMSG_DUMP_OOPS)
		xencons_force_flush();
}

static struct kmsg_dumper xencons_dumper = {
	.dump = xencons_last_words,
	.max_reason = KMSG_DUMP_SHUTDOWN,
};

static void __init xencons_add_dumper(void)
{
	int err = kmsg_dump_register(&xencons_dumper);

	if (err)
		pr_warn("last words may get lost: error %d\n", err);
}

/* Whatever fails from here on, printk goes on. */
static void __init xencons_add_tty(void)
{
	int err = xencons_tty_register(xencons);

	if (err)
		pr_warn("no tty %s%u, kernel messages only: error %d\n",
			xencons->line.name, xencons->line.num, err);
	else
		xencons_add_terminals();
}

static void __init xencons_add_events(void)
{
	int err = xencons_start(xencons);

	if (err)
		pr_warn("no events of the backend, slow: error %d\n", err);
	xencons_debugfs_add(xencons);
}

static void __init xencons_add_channels(void)
{
	int err;

	if (!xencons_serve)
		return;
	err = xencons_xenbus_register();
	if (err)
		pr_warn("no channels: error %d\n", err);
	xencons_channels = !err;
}

static void __init xencons_greet(void)
{
	pr_info("console on %s%u, %s\n", xencons->line.name, xencons->line.num,
		xencons->wire.ops->name);
}

#ifdef MODULE

static void xencons_forget(void)
{
	struct xencons *xc = xencons;

	/* sysfs may still be reading the parameters. */
	kernel_param_lock(THIS_MODULE);
	xencons = NULL;
	kernel_param_unlock(THIS_MODULE);
	xc->wire.ops->release(&xc->wire);
}

static void xencons_remove_tty(void)
{
	xencons_dummy_unregister();
	xencons_tty0_unregister();
	xencons_tty_unregister(xencons);
}

/* What another driver has is taken over, or nothing has changed. */
static int __init xencons_init_primary(void)
{
	bool ring;
	int err;

	ring = xencons_transport == XENCONS_TRANSPORT_RING;
	err = xencons_takeover_begin(xencons, ring);
	if (err)
		goto err_begin;

	xencons_place();
	err = xencons_takeover(xencons);
	if (err < 0)
		goto err_begin;

	/* Whoever opens it as soon as it is there must not see us fail. */
	xencons_add_tty();
	xencons_add_events();
	if (!err)
		xencons_console_register(xencons, CON_PRINTBUFFER);
	xencons_add_dumper();
	xencons_greet();
	return 0;

err_begin:
	xencons_forget();
	return err;
}

static int __init xencons_init_module(void)
{
	int err = xencons_find();

	if (!err)
		err = xencons_init_primary();
	else if (err == -ENODEV && xencons_serve)
		err = 0;
	if (!err)
		xencons_add_channels();
	return err;
}
module_init(xencons_init_module);

/* The ring is nobody's then. */
static void xencons_leave_ring(struct xencons *xc)
{
	xencons_remove_tty();
	xencons_flush(&xc->output);
	xencons_stop(xc);
}

static void __exit xencons_exit_module(void)
{
	if (xencons_channels)
		xencons_xenbus_unregister();
	if (!xencons)
		return;
	kmsg_dump_unregister(&xencons_dumper);
	xencons_debugfs_remove(xencons);
	xencons_takeover_return(xencons, xencons_leave_ring);
	xencons_forget();
}
module_exit(xencons_exit_module);

#else

static int __init xencons_setup_mode(char *val)
{
	xencons_set_mode(val, NULL);
	return 1;
}
__setup("xencons=", xencons_setup_mode);

static int __init xencons_setup_transport(char *val)
{
	xencons_set_transport(val, NULL);
	return 1;
}
__setup("xencons_transport=", xencons_setup_transport);

static int __init xencons_setup_bufsz(char *val)
{
	xencons_set_bufsz(val, NULL);
	return 1;
}
__setup("xencons_bufsz=", xencons_setup_bufsz);

/* The last console=hvc* of the command line, NULL if there is none. */
static char *xencons_hvc_wanted __initdata;

static int __init xencons_see_console(char *val)
{
	if (val && strstarts(val, "hvc"))
		xencons_hvc_wanted = val;
	return 0;
}
early_param("console", xencons_see_console);

/* Command lines and images made for hvc_xen wait for an hvc0: say why it is not there. */
static void __init xencons_miss_hvc(void)
{
	const struct xencons_line *line = &xencons->line;

	if (!xencons_hvc_wanted || line->major == XENCONS_HVC_MAJOR)
		return;
	if (IS_ENABLED(CONFIG_HVC_DRIVER))
		pr_warn("console=%.16s is not this console, which is %s%u\n",
			xencons_hvc_wanted, line->name, line->num);
	else
		pr_warn("no console=%.16s, the console is %s%u; xencons=hvc makes it hvc0\n",
			xencons_hvc_wanted, line->name, line->num);
}

/* Whether this is a PC, which boots on a screen: HVM is one that is emulated. */
static bool __init xencons_is_pc(void)
{
	return IS_ENABLED(CONFIG_X86) && xen_hvm_domain() && !xen_pvh_domain();
}

/*
 * Who is console, and who is /dev/console, when the user did not say. The platform of a PV
 * domain prefers hvc0, which will never come, and the screen of a dom0, if it has one.
 * Elsewhere nobody is preferred, and the first console would be the only one, which is
 * ours: name the screen, so that it is one, too.
 */
static void __init xencons_prefer(void)
{
	bool screen = IS_ENABLED(CONFIG_VT);
	char name[8];

	if (console_set_on_cmdline || (screen && xen_initial_domain()))
		return;
	if (screen && !xen_pv_domain())
		add_preferred_console("tty", 0, NULL);
	if (screen && xencons_is_pc())
		return;
	strscpy(name, xencons->line.name, sizeof(name));
	add_preferred_console(name, (short)xencons->line.num, NULL);
}

static int __init xencons_init_console(void)
{
	int err;

	/* Before anything else looks at the ring. */
	xencons_boot_retire();
	err = xencons_find();
	if (err)
		return err;

	xencons_place();
	xencons->sink.first_seq =
		xencons_boot_seq(xencons_transport == XENCONS_TRANSPORT_HV);
	xencons_miss_hvc();
	xencons_prefer();
	xencons_console_register(xencons, CON_PRINTBUFFER);
	xencons_add_dumper();
	return 0;
}
console_initcall(xencons_init_console);

static int __init xencons_init_rest(void)
{
	if (xencons) {
		xencons_add_tty();
		xencons_add_events();
		xencons_printk_watch();
		xencons_greet();
	}
	xencons_add_channels();
	return 0;
}
device_initcall(xencons_init_rest);

#endif /* MODULE */

MODULE_ALIAS("xencons");
