// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transport of dom0, and of a domU that may: the hypervisor's own console. Output is one
 * hypercall that takes all it is given; input waits in a small ring of the hypervisor until
 * it is fetched, and VIRQ_CONSOLE says that there is some.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/minmax.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include <asm/xen/hypercall.h>
#include <xen/events.h>
#include <xen/interface/xen.h>
#include <xen/xen.h>

#include "xencons.h"
#include "xencons_param.h"

/*
 * Bytes per hypercall, and per time that a lock is held: the hypervisor returns when the
 * last of them is sent if it was booted with sync_console, which takes 22 ms for so many
 * at 115200 baud. Most messages are shorter. Where a queue begins anew a piece is, too.
 */
#define XENCONS_HV_PIECE	256U

#define XENCONS_HV_WAIT_US	10U

/**
 * struct xencons_hv - a console of the hypervisor
 * @xc: the console
 * @irq: bound to VIRQ_CONSOLE; 0 before
 * @writes: hypercalls made for output; tx_lock
 */
struct xencons_hv {
	struct xencons xc;
	int irq;
	unsigned long writes;
};

static struct xencons_hv *to_hv(struct xencons_wire *wire)
{
	return container_of(wire, struct xencons_hv, xc.wire);
}

/*
 * tx_lock held. The hypercall writes all or fails; there is nobody to wait for
 * after a failure, so the bytes count as gone.
 */
static size_t xencons_hv_send(struct xencons_wire *wire, const u8 *buf,
			      size_t len)
{
	size_t n = min_t(size_t, len, XENCONS_HV_PIECE);

	to_hv(wire)->writes++;
	if (HYPERVISOR_console_io(CONSOLEIO_write, n, (char *)buf) < 0)
		wire->stats.tx_errors += n;
	wire->tx_again = true;
	return n;
}

/* tx_lock held */
static size_t xencons_hv_in_flight(struct xencons_wire *wire)
{
	return 0;
}

/* rx_lock held */
static size_t xencons_hv_recv(struct xencons_wire *wire, u8 *buf, size_t len)
{
	int n = HYPERVISOR_console_io(CONSOLEIO_read, len, (char *)buf);

	return n > 0 ? min_t(size_t, n, len) : 0;
}

/* The hypervisor needs no event. */
static void xencons_hv_notify(struct xencons_wire *wire)
{
}

/* Nor has it to be waited for, as what was sent is taken; but a lock's holder has. */
static unsigned int xencons_hv_wait(struct xencons_wire *wire)
{
	udelay(XENCONS_HV_WAIT_US);
	return XENCONS_HV_WAIT_US;
}

static irqreturn_t xencons_hv_interrupt(int irq, void *dev_id)
{
	struct xencons_hv *hv = dev_id;

	xencons_event(&hv->xc);
	return IRQ_HANDLED;
}

static int xencons_hv_start(struct xencons_wire *wire)
{
	struct xencons_hv *hv = to_hv(wire);
	int irq;

	irq = bind_virq_to_irqhandler(VIRQ_CONSOLE, 0, xencons_hv_interrupt, 0,
				      "xencons", hv);
	if (irq < 0)
		return irq;
	hv->irq = irq;
	return 0;
}

static void xencons_hv_stop(struct xencons_wire *wire)
{
	struct xencons_hv *hv = to_hv(wire);

	unbind_from_irqhandler(hv->irq, hv);
	hv->irq = 0;
}

static void xencons_hv_release(struct xencons_wire *wire)
{
	struct xencons_hv *hv = to_hv(wire);

	xencons_uninit(&hv->xc);
	kfree(hv);
}

static void xencons_hv_show(struct xencons_wire *wire, struct seq_file *m)
{
	seq_printf(m, "irq %d\n", to_hv(wire)->irq);
	seq_printf(m, "writes %lu\n", READ_ONCE(to_hv(wire)->writes));
}

static const struct xencons_ops xencons_hv_ops = {
	.name = "hypervisor console",
	.start = xencons_hv_start,
	.stop = xencons_hv_stop,
	.release = xencons_hv_release,
	.send = xencons_hv_send,
	.in_flight = xencons_hv_in_flight,
	.recv = xencons_hv_recv,
	.notify = xencons_hv_notify,
	.wait = xencons_hv_wait,
	.show = xencons_hv_show,
};

/**
 * xencons_hv_probe() - may this domain write to the hypervisor's console?
 *
 * In a domU it depends on how the hypervisor was built, and on its policy (XSM).
 *
 * Return: 0, or what the hypervisor says.
 */
int xencons_hv_probe(void)
{
	return HYPERVISOR_console_io(CONSOLEIO_write, 0, "");
}

/**
 * xencons_hv_create() - make a console of the hypervisor's console
 *
 * The hypervisor makes nobody wait for room, so its queues hold what a program wrote
 * behind ^S, and for a moment the rest of a long text: the smaller the better.
 *
 * Context: process, or console_initcall time.
 * Return: the console, or ERR_PTR(-ENOMEM).
 */
struct xencons *xencons_hv_create(void)
{
	struct xencons_hv *hv;
	int err;

	hv = kzalloc(sizeof(*hv), GFP_KERNEL);
	if (!hv)
		return ERR_PTR(-ENOMEM);

	err = xencons_init(&hv->xc, &xencons_hv_ops, XENCONS_BUFSZ_MIN);
	if (err) {
		kfree(hv);
		return ERR_PTR(err);
	}
	return &hv->xc;
}
